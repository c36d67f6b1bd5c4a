/** Bounds one message of a stream, in characters. A request is 1 MiB at most, so no event of Routecard comes near it. */
const maxFrame = 8 << 20;

/** A stream that another connection would not mend. */
export class StreamError extends Error {
  override readonly name = "StreamError";
}

/**
 * Takes a stream of Server-Sent Events apart as the HTML standard says (9.2.6): lines end with LF, CR or CRLF, an empty line
 * ends a message, lines of data are joined, lines that begin with a colon are comments.
 */
export class FrameReader {
  /** That of the last complete message, with data or without. */
  lastId = "";
  /** The wait before a reconnection that the server has asked for, in milliseconds; 0 unless it has. */
  retry = 0;

  readonly #limit: number;
  #id = "";
  #data: string[] = [];
  #size = 0;
  /** The line that has begun. */
  #line = "";
  /** Tells that the line before ended with CR, so that a LF now belongs to it. */
  #afterCR = false;

  constructor(limit = maxFrame) {
    this.#limit = limit;
  }

  /** Returns the data of each message that the text completes. What is incomplete waits for more. */
  *push(text: string): Generator<string> {
    if (text === "") return;
    const lines = text.slice(this.#afterCR && text.startsWith("\n") ? 1 : 0).split(/\r\n|\n|\r/);
    this.#afterCR = text.endsWith("\r");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = this.#read(this.#line + line);
      this.#line = "";
      if (message !== undefined) yield message;
    }
    this.#line += rest;
    this.#bound(this.#line.length);
  }

  /** Reads one line; returns the data of the message that it ends. */
  #read(line: string): string | undefined {
    if (line === "") {
      this.lastId = this.#id;
      const message = this.#data.length > 0 ? this.#data.join("\n") : undefined;
      this.#data = [];
      this.#size = 0;
      return message;
    }
    this.#bound(line.length);
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    switch (field) {
      case "data":
        this.#data.push(value);
        this.#size += value.length + 1;
        break;
      case "id":
        if (!value.includes("\0")) this.#id = value;
        break;
      case "retry":
        if (/^\d{1,9}$/.test(value)) this.retry = Number(value);
        break;
    }
    return undefined;
  }

  #bound(more: number) {
    if (this.#size + more > this.#limit) throw new StreamError("event stream: an event is too large");
  }
}
