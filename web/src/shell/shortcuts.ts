/** A shortcut that works on every page. */
export type Shortcut = "help" | "palette" | "search";

/** Returns the shortcut that a key means, if it means one. While somebody types, only Ctrl+K is a shortcut. */
export function shortcutOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "target">): Shortcut | undefined {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return "palette";
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
  if (event.key === "?") return "help";
  if (event.key === "/") return "search";
  return undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
