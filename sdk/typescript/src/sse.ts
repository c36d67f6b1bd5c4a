/** Limits the data of one message of a stream, in characters. A request is at most 1 MiB, so every event is far smaller. */
const maxMessage = 8 << 20;

/** An error of a stream that would occur again on a new connection. */
export class StreamError extends Error {
  override readonly name = "StreamError";
}

/**
 * Parses a stream of Server-Sent Events as the HTML standard (9.2.6) says: lines end with LF, CR, or CRLF, an empty line ends a
 * message, the data lines of a message are joined, and lines that begin with a colon are comments.
 */
export class MessageReader {
  /** The id after the last complete message. */
  lastId = "";
  /** The wait before a new connection that the server asks for, in milliseconds; 0 by default. */
  retry = 0;

  readonly #limit: number;
  #id = "";
  #data: string[] = [];
  #size = 0;
  /** The beginning of a line whose end has not arrived yet. */
  #line = "";
  /** Whether the previous text ended with CR. A LF that follows belongs to that line end. */
  #afterCR = false;

  constructor(limit = maxMessage) {
    this.#limit = limit;
  }

  /** Adds text to the stream and yields the data of each message that is now complete. */
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
    this.#limitSize(this.#line.length);
  }

  /** Reads one line. Returns the data of a message if the line ends one. */
  #read(line: string): string | undefined {
    if (line === "") {
      this.lastId = this.#id;
      const message = this.#data.length > 0 ? this.#data.join("\n") : undefined;
      this.#data = [];
      this.#size = 0;
      return message;
    }
    this.#limitSize(line.length);
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

  #limitSize(more: number) {
    if (this.#size + more > this.#limit) throw new StreamError("event stream: an event is too large");
  }
}
