/** A page of a list, the cursor of the next page, and the length of the list. */
export interface Part<T> {
  items: T[];
  next: string | undefined;
  total: number;
}

/** Reads a list of the server. An undefined cursor is the beginning of the list. */
export interface ListSource<T> {
  /** Returns the page at the cursor. */
  read: (cursor: string | undefined) => Promise<Part<T>>;
  /** Returns the cursor that is `count` items behind the cursor, or undefined if the list ends before. */
  skip: (cursor: string | undefined, count: number) => Promise<string | undefined>;
}

/** Items of a page. Also the unit in which items are skipped. */
export const pageSize = 100;
/** Pages that are skipped with one request. The server accepts at most 1000 items. */
const maxSkip = 10;
/** Items before and behind the rows in view that are loaded, too. */
const margin = 25;
/** Pages before and behind the rows in view that are kept. */
const keptPages = 5;

/**
 * A list that may be too long to load: only the pages around the rows in view are in memory. To get to a row far away it skips items
 * from the nearest page whose cursor it knows.
 */
export class LongList<T> {
  /** The number of items on the server. */
  total = 0;
  /** The number of rows. It differs from `total` while items have come or gone before the rows in view. */
  length = 0;
  /** Is called after each change of the items or of the length. */
  onChange: () => void = () => {};
  readonly #source: ListSource<T>;
  /** The cursors of pages. A cursor names an item, so it stays valid when items before it come or go. */
  readonly #cursors = new Map<number, string | undefined>([[0, undefined]]);
  readonly #pages = new Map<number, { items: T[]; version: number }>();
  /** Rises when the list may have changed on the server. Pages of an older version are loaded again when they are in view. */
  #version = 0;
  #view = { first: 0, last: 0 };
  #loading: Promise<void> | undefined;

  constructor(source: ListSource<T>) {
    this.#source = source;
  }

  /** Returns the item of a row, or undefined if it is not loaded. */
  at(row: number): T | undefined {
    return this.#pages.get(Math.floor(row / pageSize))?.items[row % pageSize];
  }

  /** Loads the items around the rows, if they are not loaded. Throws when that fails. */
  show(first: number, last: number): Promise<void> {
    this.#view = { first, last };
    return this.#load();
  }

  /** Loads the items in view again. Throws when that fails; the items stay. */
  refresh(): Promise<void> {
    this.#version++;
    return this.#load();
  }

  async #load(): Promise<void> {
    if (this.#loading === undefined && this.#missingPage() !== undefined) this.#loading = this.#loadMissing();
    await this.#loading;
  }

  async #loadMissing(): Promise<void> {
    try {
      // The view and the version may change during a request.
      for (let page = this.#missingPage(); page !== undefined; page = this.#missingPage()) {
        const from = this.#nearestCursor(page);
        if (from < page) await this.#skip(from, Math.min(page - from, maxSkip));
        else await this.#read(page);
      }
    } finally {
      // In the same turn of the event loop as the last check of the view, so that the view does not change in between.
      this.#loading = undefined;
    }
  }

  #missingPage(): number | undefined {
    for (const page of this.#pagesAround(0)) {
      if (this.#pages.get(page)?.version !== this.#version) return page;
    }
    return undefined;
  }

  /** Returns the pages in view, and some more on both sides. */
  *#pagesAround(more: number): Generator<number> {
    const end = Math.max(0, this.length - 1);
    const pageOf = (row: number) => Math.floor(Math.min(Math.max(row, 0), end) / pageSize);
    const last = Math.min(pageOf(this.#view.last + margin) + more, pageOf(end));
    for (let page = Math.max(0, pageOf(this.#view.first - margin) - more); page <= last; page++) yield page;
  }

  #nearestCursor(page: number): number {
    return Math.max(...[...this.#cursors.keys()].filter((known) => known <= page));
  }

  async #skip(from: number, pages: number): Promise<void> {
    const cursor = await this.#source.skip(this.#cursors.get(from), pages * pageSize);
    if (cursor !== undefined) this.#cursors.set(from + pages, cursor);
    // The list has become shorter: the page says how long it is.
    else if (pages === 1) await this.#read(from);
    else await this.#skip(from, Math.ceil(pages / 2));
  }

  async #read(page: number): Promise<void> {
    const version = this.#version;
    const { items, next, total } = await this.#source.read(this.#cursors.get(page));
    const isSame = next !== undefined && (!this.#cursors.has(page + 1) || this.#cursors.get(page + 1) === next);
    if (!isSame) this.#forgetBehind(page);
    if (next !== undefined) this.#cursors.set(page + 1, next);
    this.#pages.set(page, { items, version });
    const end = page * pageSize + items.length;
    this.total = total;
    this.length = next === undefined ? end : Math.max(total, end + 1);
    const kept = new Set(this.#pagesAround(keptPages));
    for (const loaded of this.#pages.keys()) if (!kept.has(loaded)) this.#pages.delete(loaded);
    this.onChange();
  }

  /** Forgets what is behind a page, because another item follows the page now. */
  #forgetBehind(page: number): void {
    for (const known of this.#cursors.keys()) if (known > page) this.#cursors.delete(known);
    // The items stay in view until they are loaded again.
    for (const [known, loaded] of this.#pages) if (known > page) this.#pages.set(known, { ...loaded, version: -1 });
  }
}
