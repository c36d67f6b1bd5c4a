import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { words } from "../words.js";
import { Failure } from "./Failure.js";

type Code<P> = { name: "loading" } | { name: "failed" } | { name: "loaded"; component: ComponentType<P> };

/** Returns a component whose code is loaded when it is shown for the first time. `load` imports that code. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  const code = signal<Code<P>>({ name: "loading" });
  const start = async () => {
    try {
      code.value = { name: "loaded", component: await load() };
    } catch {
      code.value = { name: "failed" };
    }
  };
  return function Lazy(props: P) {
    useEffect(() => {
      if (code.value.name !== "loaded") void start();
    }, []);
    switch (code.value.name) {
      case "loading":
        return <p class="loading">{words.loading}</p>;
      case "failed":
        // Browsers may keep a failed import until the page is loaded again.
        return <Failure error={new Error(words.codeNotLoaded)} retry={() => location.reload()} />;
      case "loaded": {
        const Component = code.value.component;
        return <Component {...props} />;
      }
    }
  };
}
