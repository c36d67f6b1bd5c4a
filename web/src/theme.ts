import { effect, signal } from "@preact/signals";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const stored = "routecard.theme";

function loadTheme(): Theme {
  const value = localStorage.getItem(stored);
  return themes.find((theme) => theme === value) ?? "auto";
}

/** The color scheme of the pages: that of the system, or one that the user has chosen. */
export const theme = signal<Theme>(loadTheme());

/** Applies the theme now, and whenever it changes. */
export function startTheme(): void {
  effect(() => {
    localStorage.setItem(stored, theme.value);
    document.documentElement.dataset["theme"] = theme.value;
  });
}
