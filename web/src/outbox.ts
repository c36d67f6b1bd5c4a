/**
 * Keeps what an operator has done until the server has answered. Every command is saved before it is sent, with an idempotency key
 * that never changes and the step that the unit leaves. So it survives a lost network, a reload, and an empty battery, and nothing
 * is applied twice however often it is sent.
 */

export type ScrapReason = "out_of_tolerance" | "process_defect" | "damaged" | "operator_error" | "other";

export type Command =
  | { readonly type: "advance" }
  | { readonly type: "scrap"; readonly reason: ScrapReason; readonly explanation?: string }
  /** Takes back the command of another entry, also of one that waits. */
  | { readonly type: "undo"; readonly of: string };

/** What identifies the steps of a station. */
export interface Station {
  readonly by: "location" | "stepName" | "assignedTo";
  readonly name: string;
}

/** Where a unit was after the server had carried out a command. */
export interface Outcome {
  /** The event that an undo of the command takes back. */
  readonly eventId?: string;
  /** The step at which the unit stands now. Absent when it is completed or scrapped. */
  readonly stepName?: string;
  readonly status: "in_progress" | "completed" | "scrapped";
}

export type State =
  | { readonly name: "waiting" }
  | { readonly name: "done"; readonly outcome: Outcome }
  | { readonly name: "refused"; readonly reason: string; readonly requestId?: string };

export interface Entry {
  /** The idempotency key of the command. */
  readonly id: string;
  /** Orders the entries of this device. */
  readonly no: number;
  readonly serialId: string;
  readonly command: Command;
  readonly station: Station;
  readonly userId?: string;
  /** When it happened, by the clock of the server as far as this device knows it. */
  readonly occurredAt: string;
  /** The step that the unit leaves. Absent while the device has not been able to ask the server; an undo has none. */
  readonly fromStepId?: string;
  readonly state: State;
}

/** What the page says about a command. The outbox adds the rest. */
export type Draft = Omit<Entry, "id" | "no" | "state">;

/** Keeps entries on the device. A promise is fulfilled when the change is on the disk. */
export interface EntryStore {
  all(): Promise<Entry[]>;
  put(entry: Entry): Promise<void>;
  delete(id: string): Promise<void>;
}

/** Talks to the server. Both methods throw a `Refusal` when the server has refused, and anything else when it was not reached. */
export interface Sender {
  /** Returns the step from which the unit of the entry moves. */
  locate(entry: Entry): Promise<string>;
  /** Sends the command. `eventId` is the event that an undo takes back. */
  send(entry: Entry, eventId: string | undefined): Promise<Outcome>;
}

/** The server has answered that the command is not possible. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(
    message: string,
    readonly requestId?: string,
  ) {
    super(message);
  }
}

/** How many entries are kept after the server has answered. */
const keptEntries = 50;
/** The first and the longest pause between two attempts to reach the server, in milliseconds. */
const firstPause = 500;
const longestPause = 5000;

export interface OutboxOptions {
  readonly store: EntryStore;
  readonly sender: Sender;
  /** Is called after each change. */
  readonly onChange?: () => void;
  /** Returns a new idempotency key. */
  readonly newId: () => string;
  /** Why an undo is refused whose move was refused. */
  readonly nothingToUndo: string;
  /** Calls a function later, and returns a function that prevents it. */
  readonly later?: (call: () => void, milliseconds: number) => () => void;
}

export class Outbox {
  #entries: Entry[] = [];
  #sending: Promise<void> | undefined;
  #failures = 0;
  #lastFailure: unknown;
  #cancelRetry: (() => void) | undefined;
  readonly #options: OutboxOptions;

  private constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Reads what an earlier page has left, and begins to send it. */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(options);
    outbox.#entries = (await options.store.all()).sort((a, b) => a.no - b.no);
    void outbox.flush();
    return outbox;
  }

  /** All entries of this device, the oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get waiting(): readonly Entry[] {
    return this.#entries.filter((entry) => entry.state.name === "waiting");
  }

  get refused(): readonly Entry[] {
    return this.#entries.filter((entry) => entry.state.name === "refused");
  }

  /** Whether the last attempt did not reach the server. */
  get isCutOff(): boolean {
    return this.#failures > 0;
  }

  /** Why the last attempt failed. The server may have answered, for example that the API key is revoked. */
  get lastFailure(): unknown {
    return this.isCutOff ? this.#lastFailure : undefined;
  }

  /**
   * Saves a command and sends it. Returns its entry after the server has answered, or as soon as it is clear that the server cannot
   * be reached; then the command waits. Commands are sent one after the other, in their order.
   */
  async add(draft: Draft): Promise<Entry> {
    const last = this.#entries.at(-1);
    const entry: Entry = {
      ...draft,
      id: this.#options.newId(),
      no: (last?.no ?? 0) + 1,
      state: { name: "waiting" },
    };
    this.#entries.push(entry);
    await this.#options.store.put(entry);
    this.#changed();
    if (this.#failures === 0) await this.flush();
    return this.#find(entry.id) ?? entry;
  }

  /** Whether a command for the unit waits. */
  isWaiting(serialId: string): boolean {
    return this.waiting.some((entry) => entry.serialId === serialId);
  }

  /**
   * The newest move of the user that can be taken back: one that waits, or one that the server has carried out and that was not
   * undone.
   */
  lastMove(userId: string | undefined): Entry | undefined {
    const undone = new Set<string>();
    for (const entry of this.#entries.toReversed()) {
      if (entry.userId !== userId || entry.state.name === "refused") continue;
      if (entry.command.type === "undo") undone.add(entry.command.of);
      else if (!undone.has(entry.id)) return entry;
    }
    return undefined;
  }

  /** Removes a refused command that the operator has seen. */
  async dismiss(id: string): Promise<void> {
    const entry = this.#find(id);
    if (entry?.state.name === "refused") await this.#remove(entry);
  }

  /** Sends what waits. Fulfilled when nothing waits any more, or when the server cannot be reached. */
  flush(): Promise<void> {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#sending ??= this.#sendAll();
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    await Promise.resolve(); // so that flush knows of it before it ends
    for (let entry = this.waiting[0]; entry; entry = this.waiting[0]) {
      try {
        await this.#send(entry);
      } catch (error) {
        if (!(error instanceof Refusal)) {
          this.#failures++;
          this.#lastFailure = error;
          const pause = Math.min(firstPause * 2 ** (this.#failures - 1), longestPause);
          this.#cancelRetry = (this.#options.later ?? later)(() => void this.flush(), pause);
          break;
        }
        await this.#replace({ ...this.#current(entry), state: refusedState(error) });
      }
      this.#failures = 0;
    }
    // In the same turn of the event loop as the last check of the queue, so that no entry is added in between.
    this.#sending = undefined;
    this.#changed();
    await this.#prune();
  }

  async #send(entry: Entry): Promise<void> {
    let current = entry;
    if (current.command.type !== "undo" && current.fromStepId === undefined) {
      current = { ...current, fromStepId: await this.#options.sender.locate(current) };
      // Saved before it is sent: a retry after a reload must be the same request.
      await this.#replace(current);
    }
    const outcome = await this.#options.sender.send(current, this.#undoneEvent(current));
    await this.#replace({ ...current, state: { name: "done", outcome } });
  }

  /** Returns the event that an undo takes back. */
  #undoneEvent({ command }: Entry): string | undefined {
    if (command.type !== "undo") return undefined;
    const undone = this.#find(command.of);
    if (undone?.state.name === "done" && undone.state.outcome.eventId !== undefined) return undone.state.outcome.eventId;
    throw new Refusal(this.#options.nothingToUndo);
  }

  async #replace(entry: Entry): Promise<void> {
    await this.#options.store.put(entry);
    this.#entries = this.#entries.map((other) => (other.id === entry.id ? entry : other));
    this.#changed();
  }

  async #remove(entry: Entry): Promise<void> {
    this.#entries = this.#entries.filter((other) => other.id !== entry.id);
    await this.#options.store.delete(entry.id);
    this.#changed();
  }

  /** Removes old entries that the server has carried out. */
  async #prune(): Promise<void> {
    const done = this.#entries.filter((entry) => entry.state.name === "done");
    for (const entry of done.slice(0, Math.max(0, done.length - keptEntries))) await this.#remove(entry);
  }

  #find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }

  #current(entry: Entry): Entry {
    return this.#find(entry.id) ?? entry;
  }

  #changed(): void {
    this.#options.onChange?.();
  }
}

function refusedState(refusal: Refusal): State {
  const { message: reason, requestId } = refusal;
  return requestId === undefined ? { name: "refused", reason } : { name: "refused", reason, requestId };
}

function later(call: () => void, milliseconds: number): () => void {
  const timer = setTimeout(call, milliseconds);
  return () => clearTimeout(timer);
}
