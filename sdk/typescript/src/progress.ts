import type { components } from "./schema.js";

type Event = components["schemas"]["Event"];

/** Is thrown by `Progress.wait` when the loop has ended before the event with the number. */
export class LoopEndedError extends Error {
  override readonly name = "LoopEndedError";
  constructor(readonly lastSeq: number) {
    super(`the loop over the events has ended after the event ${lastSeq}`);
  }
}

/**
 * Says how far a loop over events has come, so that other code can wait for it: until a table that is built from events has a
 * change that was just made, for example. One object is for one loop.
 *
 * A loop with filters does not see all events. Wait only for the number of an event that passes them, or of an earlier one.
 */
export class Progress {
  /** `seq` of the last event that the loop has handled. 0 before the first one. */
  lastSeq = 0;
  #ended = false;
  #waiting: { seq: number; settle: () => void }[] = [];

  /** Yields the events. An event counts as handled when the loop asks for the next one, or is left. */
  async *of(events: AsyncIterable<Event>): AsyncGenerator<Event> {
    try {
      for await (const event of events) {
        try {
          yield event;
        } finally {
          this.#move(event.seq);
        }
      }
    } finally {
      this.#ended = true;
      this.#move(this.lastSeq);
    }
  }

  /**
   * Waits until the loop has handled the event with this `seq`, or a later one: numbers can be missing. Throws a LoopEndedError
   * when the loop has ended before, and the reason of the signal when it is aborted.
   */
  async wait(seq: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.lastSeq < seq && !this.#ended) {
      await new Promise<void>((resolve, reject) => {
        const stop = () => reject(signal?.reason);
        signal?.addEventListener("abort", stop);
        this.#waiting.push({
          seq,
          settle: () => {
            signal?.removeEventListener("abort", stop);
            resolve();
          },
        });
      });
    }
    if (this.lastSeq < seq) throw new LoopEndedError(this.lastSeq);
  }

  #move(seq: number) {
    this.lastSeq = seq;
    const isDone = (waiting: { seq: number }) => this.#ended || waiting.seq <= seq;
    for (const { settle } of this.#waiting.filter(isDone)) settle();
    this.#waiting = this.#waiting.filter((waiting) => !isDone(waiting));
  }
}
