import { useSignal } from "@preact/signals";
import { Barcode, ChartColumn, ClipboardList, Monitor, ScanLine, Settings, type IconNode } from "lucide";
import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso/router";
import { useEffect } from "preact/hooks";

import { session } from "../api.js";
import { Icon } from "../parts/Icon.js";
import { words } from "../words.js";
import { ConnectionState } from "./ConnectionState.js";
import { KeyboardHelp } from "./KeyboardHelp.js";
import { Palette } from "./Palette.js";
import { shortcutOf } from "./shortcuts.js";

const pages: readonly { path: string; name: string; icon: IconNode }[] = [
  { path: "/", name: words.jobs, icon: ClipboardList },
  { path: "/floor", name: words.floor, icon: ScanLine },
  { path: "/board", name: words.board, icon: Monitor },
  { path: "/labels", name: words.labels, icon: Barcode },
  { path: "/insights", name: words.insights, icon: ChartColumn },
  { path: "/settings", name: words.settings, icon: Settings },
];

/** What surrounds every page: navigation, the state of the connection, and the shortcuts that work everywhere. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const open = useSignal<"nothing" | "help" | "palette">("nothing");

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const shortcut = shortcutOf(event);
      if (shortcut === undefined) return;
      event.preventDefault();
      if (shortcut === "search") focusSearch();
      else open.value = shortcut;
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const isCurrent = (page: string) => (page === "/" ? path === "/" || path.startsWith("/jobs") || path.startsWith("/units") : path === page);
  return (
    <>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <header class="shell">
        <a class="brand" href="/">
          {words.product}
        </a>
        <nav aria-label={words.navigation}>
          {pages.map(({ path, name, icon }) => (
            <a key={path} href={path} aria-current={isCurrent(path) ? "page" : undefined}>
              <Icon node={icon} />
              <span>{name}</span>
            </a>
          ))}
        </nav>
        <ConnectionState />
      </header>
      <main id="main" tabIndex={-1}>
        <Permission path={path} />
        {children}
      </main>
      {open.value === "help" && <KeyboardHelp onClose={() => (open.value = "nothing")} />}
      {open.value === "palette" && <Palette pages={pages} onClose={() => (open.value = "nothing")} />}
    </>
  );
}

/** Says once what the session may not do, so that missing buttons are explained. */
function Permission({ path }: { path: string }) {
  const at = session.value;
  if (at.name === "signedOut" && path !== "/settings") {
    return (
      <p class="notice">
        {words.signInFirst} <a href="/settings">{words.toSettings}</a>
      </p>
    );
  }
  if (at.name !== "open" || path === "/board") return null;
  if (at.session.role === "read") return <p class="notice">{words.readOnly}</p>;
  if (at.session.role === "operate" && path !== "/floor") return <p class="notice">{words.operateOnly}</p>;
  return null;
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>("input[type=search], [data-search]")?.focus();
}
