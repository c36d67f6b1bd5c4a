import type { Station } from "../../outbox.js";

/** What a scan does. `show`: shows the unit. `advance`: moves it to its next step. `batch`: collects it for one of the buttons. */
export type Mode = "show" | "advance" | "batch";

export const modes: readonly Mode[] = ["advance", "batch", "show"];

/** How this device is set up. */
export interface Setup {
  readonly station: Station;
  readonly operator: string;
  readonly mode: Mode;
  readonly hasSound: boolean;
}

const storageKey = "routecard.station";

/** Returns how this device is set up, or undefined if it isn't yet. */
export function loadSetup(): Setup | undefined {
  const stored = localStorage.getItem(storageKey);
  if (stored === null) return undefined;
  try {
    return JSON.parse(stored) as Setup;
  } catch {
    return undefined; // written by something else
  }
}

export function saveSetup(setup: Setup): void {
  localStorage.setItem(storageKey, JSON.stringify(setup));
}

/** The fields of a step that say at which station it is done. */
export interface StepPlace {
  readonly stepName: string;
  readonly location?: string | undefined;
  readonly assignedTo?: string | undefined;
}

/** Reports whether a step is done at the station. */
export function isDoneAt(station: Station, step: StepPlace): boolean {
  return step[station.by] === station.name;
}
