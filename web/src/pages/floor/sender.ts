import { RoutecardError, type RoutecardClient } from "../../../../sdk/typescript/src/index.js";
import type { Schemas } from "../../api.js";
import { Refusal, type Entry, type Outcome, type Sender } from "../../outbox.js";
import { isDoneAt } from "./station.js";
import { words } from "./words.js";

export type Unit = Schemas["SerialDetail"];

/** How long the station waits for the server before it works without it, in milliseconds. */
const timeout = 4000;

/** A clock of the device that is off by less than this is right, in milliseconds: the server tells its time in whole seconds. */
const smallOffset = 2000;

/** Sends the commands of the outbox to the server, and looks up units. */
export class StationSender implements Sender {
  /** How far the clock of the server is ahead of that of the device, in milliseconds. */
  #offset = 0;

  /** `client` returns a client that sends each request once: the outbox repeats it. */
  constructor(readonly client: () => RoutecardClient) {}

  /** Returns the time by the clock of the server, as far as it is known. */
  now(): string {
    return new Date(Date.now() + this.#offset).toISOString();
  }

  /** Returns a unit. Throws a `Refusal` when there is none, and another error when the server was not reached. */
  async unit(serialId: string): Promise<Unit> {
    return this.#ask(() =>
      this.client().GET("/api/serials/{serialId}", {
        params: { path: { serialId } },
        signal: AbortSignal.timeout(timeout),
      }),
    );
  }

  async locate(entry: Entry): Promise<string> {
    const unit = await this.unit(entry.serialId);
    const step = currentStep(unit);
    if (!step || !isDoneAt(entry.station, step)) throw new Refusal(words.standsElsewhere(unit));
    return step.stepId;
  }

  async send(entry: Entry, eventId: string | undefined): Promise<Outcome> {
    const unit = await this.#ask(() => this.#post(entry, eventId));
    return {
      status: unit.status,
      ...(unit.lastEventId === undefined ? {} : { eventId: unit.lastEventId }),
      ...(unit.currentStepName === undefined ? {} : { stepName: unit.currentStepName }),
    };
  }

  #post({ id, serialId, command, userId, occurredAt, fromStepId }: Entry, eventId: string | undefined) {
    const options = {
      params: { path: { serialId }, header: { "Idempotency-Key": id } },
      signal: AbortSignal.timeout(timeout),
    };
    const body = { occurredAt, ...(userId === undefined ? {} : { userId }) };
    const from = fromStepId === undefined ? {} : { fromStepId };
    switch (command.type) {
      case "advance":
        return this.client().POST("/api/serials/{serialId}/advance", { ...options, body: { ...body, ...from } });
      case "scrap": {
        const { reason, explanation } = command;
        const why = explanation === undefined ? { reason } : { reason, explanation };
        return this.client().POST("/api/serials/{serialId}/scrap", { ...options, body: { ...body, ...from, ...why } });
      }
      case "undo":
        return this.client().POST("/api/serials/{serialId}/undo", {
          ...options,
          body: eventId === undefined ? body : { ...body, eventId },
        });
    }
  }

  async #ask<T>(send: () => Promise<{ data: T; response: Response }>): Promise<T> {
    try {
      const { data, response } = await send();
      this.#compareClocks(response);
      return data;
    } catch (error) {
      throw isRefusal(error) ? new Refusal(error.message, error.requestId) : error;
    }
  }

  #compareClocks(response: Response) {
    const offset = Date.parse(response.headers.get("Date") ?? "") - Date.now();
    if (Number.isFinite(offset)) this.#offset = Math.abs(offset) < smallOffset ? 0 : offset;
  }
}

/** Reports whether the server has decided. After any other error the same request can succeed later, for example with another key. */
function isRefusal(error: unknown): error is RoutecardError {
  if (!(error instanceof RoutecardError)) return false;
  const { statusCode } = error;
  return statusCode >= 400 && statusCode < 500 && ![401, 403, 408, 429].includes(statusCode);
}

/** Returns the step at which a unit in progress stands, or undefined. */
export function currentStep(unit: Unit): Unit["steps"][number] | undefined {
  return unit.status === "in_progress" ? unit.steps[unit.currentStepIndex] : undefined;
}
