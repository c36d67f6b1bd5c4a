/** The states that the list can show. `all` is not a state of the API: it leaves the filter out. */
export const states = ["open", "late", "closed", "all"] as const;
export const sorts = ["created", "due", "priority"] as const;

/** What the list shows, as the address says. */
export interface Filter {
  q: string;
  state: (typeof states)[number];
  sort: (typeof sorts)[number];
}

/** Reads the filter from the parameters of the address. It ignores values that are not known. */
export function filterOf(query: Record<string, string>): Filter {
  return {
    q: query["q"] ?? "",
    state: states.find((state) => state === query["state"]) ?? "open",
    sort: sorts.find((sort) => sort === query["sort"]) ?? "created",
  };
}

/** Returns the parameters of the API for a filter. */
export function queryOf({ q, state, sort }: Filter) {
  return {
    ...(q.trim() !== "" && { q: q.trim() }),
    ...(state !== "all" && { state }),
    ...(sort !== "created" && { sort }),
  };
}
