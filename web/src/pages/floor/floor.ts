import { computed, signal } from "@preact/signals";

import { messageOf, RoutecardError } from "../../api.js";
import { Refusal, type Command, type Entry, type Outbox, type Outcome } from "../../outbox.js";
import type { ScrapCause } from "../../parts/ScrapDialog.js";
import { currentStep, type StationSender, type Unit } from "./sender.js";
import { play, type Tone } from "./sound.js";
import { isDoneAt, saveSetup, type Mode, type Setup } from "./station.js";
import { words } from "./words.js";

/** How the answer looks: its color, its icon, and its tone. */
export type Look = "ready" | "working" | "shown" | "done" | "waiting" | "refused";

/** What the station says about the last scan or button. */
export interface Answer {
  readonly look: Look;
  readonly title: string;
  readonly text: string;
  /** The job of the unit. */
  readonly detail?: string | undefined;
  readonly requestId?: string | undefined;
  /** Distinguishes two messages with the same words. */
  readonly no: number;
}

/** A unit that was scanned. Only `serialId` is known when there was no connection. */
interface Target {
  readonly serialId: string;
  readonly stepId?: string | undefined;
  readonly stepName?: string | undefined;
  readonly jobName?: string | undefined;
  readonly unit?: Unit | undefined;
}

/** The time in which a second scan of the same unit is a double scan, in milliseconds. */
const doubleScan = 5000;

const sounds: Partial<Record<Look, Tone>> = { done: "done", waiting: "waiting", refused: "refused" };

/** One station: what it shows, and what scans and buttons do. */
export class Floor {
  readonly setup = signal<Setup>({ station: { by: "location", name: "" }, operator: "", mode: "advance", hasSound: true });
  readonly answer = signal<Answer>({ look: "ready", title: words.ready, text: "", no: 0 });
  /** The unit that was scanned last and has not been moved. */
  readonly current = signal<Target | undefined>(undefined);
  readonly batch = signal<readonly Target[]>([]);
  readonly entries = signal<readonly Entry[]>([]);
  /** Why commands wait, undefined while they are sent. */
  readonly trouble = signal<string | undefined>(undefined);
  readonly waiting = computed(() => this.entries.value.filter((entry) => entry.state.name === "waiting"));
  readonly refused = computed(() => this.entries.value.filter((entry) => entry.state.name === "refused"));

  #turn: Promise<void> = Promise.resolve();
  /** The command that the answer is about, while it waits for the connection. */
  #pending: { entry: Entry; target: Target } | undefined;
  /** The last move since the page was loaded, and when it was made. */
  #lastMove: { entry: Entry; target: Target; at: number } | undefined;

  constructor(
    readonly outbox: Outbox,
    readonly sender: StationSender,
    setup: Setup,
  ) {
    this.setup.value = setup;
    this.reset();
    this.showOutbox();
  }

  /** Changes how the station is set up, for the next visit too. */
  change(setup: Setup): void {
    saveSetup(setup);
    this.setup.value = setup;
    this.batch.value = [];
    this.reset();
  }

  reset(): void {
    this.current.value = undefined;
    this.#say("ready", words.ready, words.readyHints[this.setup.value.mode]);
  }

  /** Shows the present state of the outbox, and what the server says to the command that the answer is about. */
  showOutbox(): void {
    this.entries.value = [...this.outbox.entries];
    this.trouble.value = this.outbox.isCutOff ? troubleOf(this.outbox.lastFailure) : undefined;
    const pending = this.#pending;
    const entry = pending && this.outbox.entries.find(({ id }) => id === pending.entry.id);
    if (pending && entry && entry.state.name !== "waiting") this.#report(entry, pending.target);
  }

  /** Takes what was scanned or typed, and does with it what the mode says. Scans are handled one after the other, in their order. */
  scan(text: string, mode: Mode): Promise<void> {
    const serialId = text.trim();
    if (serialId === "") return this.#turn;
    return this.#next(() => this.#take(serialId, mode));
  }

  /** Moves the unit that is typed, the batch, or the unit that was scanned last. */
  advance(typed: string): Promise<void> {
    return this.#next(() => this.#apply({ type: "advance" }, typed));
  }

  /**
   * Scraps the unit that is typed, the batch, or the unit that was scanned last. If that unit has been moved by its scan, the move is
   * taken back first, so that the unit is scrapped at this station.
   */
  scrap(cause: ScrapCause, typed: string): Promise<void> {
    const command: Command = { type: "scrap", ...cause };
    return this.#next(async () => {
      const move = this.#lastMove;
      if (!move || typed.trim() !== "" || this.targets().length > 0) {
        await this.#apply(command, typed);
        return;
      }
      const undone = await this.#undo(move.entry);
      if (undone.state.name === "refused") this.#report(undone, move.target);
      else await this.#move(command, { ...move.target, stepId: move.entry.fromStepId });
    });
  }

  /** Takes back the last move of this operator at this device. */
  undo(): Promise<void> {
    return this.#next(async () => {
      const move = this.outbox.lastMove(this.setup.value.operator);
      if (move) this.#report(await this.#undo(move), { serialId: move.serialId });
      else this.#say("refused", words.nothingToUndo, words.nothingToUndoHint);
    });
  }

  /** The unit that Scrap is about, or how many units. */
  describeTargets(typed: string): string | undefined {
    if (typed.trim() !== "") return typed.trim();
    const targets = this.targets();
    if (targets.length > 1) return words.units(targets.length);
    return targets[0]?.serialId ?? this.#lastMove?.target.serialId;
  }

  remove(serialId: string): void {
    this.batch.value = this.batch.value.filter((target) => target.serialId !== serialId);
  }

  /** The units that a button acts on. */
  targets(): readonly Target[] {
    if (this.setup.value.mode === "batch") return this.batch.value;
    return this.current.value ? [this.current.value] : [];
  }

  #next(act: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(act).catch((error: unknown) => {
      this.#say("refused", words.notDone, messageOf(error));
    });
    return this.#turn;
  }

  async #take(serialId: string, mode: Mode): Promise<void> {
    const target = await this.#read(serialId);
    if (!target) return;
    switch (mode) {
      case "show":
        this.#show(target);
        return;
      case "batch":
        this.#collect(target);
        return;
      case "advance":
        if (this.#isDoubleScan(target)) {
          this.#say("shown", target.serialId, words.justMovedHint(target.serialId), target.jobName);
        } else if (this.#standsHere(target)) {
          await this.#move({ type: "advance" }, target);
        }
    }
  }

  /** Looks a unit up. Returns undefined, and says why, if there is no such unit or its last command still waits. */
  async #read(serialId: string): Promise<Target | undefined> {
    this.current.value = undefined;
    if (this.outbox.isWaiting(serialId)) {
      this.#say("waiting", serialId, words.stillWaiting(serialId));
      return undefined;
    }
    this.#say("working", serialId, words.working);
    try {
      this.current.value = targetOf(await this.sender.unit(serialId));
    } catch (error) {
      if (error instanceof Refusal) {
        this.#say("refused", serialId, error.message, undefined, error.requestId);
        return undefined;
      }
      this.current.value = { serialId };
    }
    return this.current.value;
  }

  #isDoubleScan({ serialId }: Target): boolean {
    const last = this.#lastMove;
    return last !== undefined && last.target.serialId === serialId && Date.now() - last.at < doubleScan;
  }

  #show({ serialId, unit }: Target): void {
    if (!unit) {
      this.#say("refused", serialId, words.noConnectionToShow);
      return;
    }
    const step = currentStep(unit);
    const isHere = step && isDoneAt(this.setup.value.station, step);
    this.#say("shown", unit.id, isHere ? words.standsHere(step.stepName) : words.standsElsewhere(unit), unit.job.name);
  }

  /** Adds a unit that stands here to the batch. */
  #collect(target: Target): void {
    if (!this.#standsHere(target)) return;
    const { batch } = this;
    if (batch.value.some((other) => other.serialId === target.serialId)) {
      this.#say("shown", words.collected(batch.value.length), words.alreadyCollected(target.serialId));
      return;
    }
    batch.value = [...batch.value, target];
    this.#say("done", words.collected(batch.value.length), words.collectedHint(target.serialId), target.jobName);
  }

  /**
   * Reports whether the unit stands at this station, and says where it stands if it does not. Without a connection that is found out
   * later.
   */
  #standsHere({ unit }: Target): boolean {
    if (!unit) return true;
    const step = currentStep(unit);
    if (step && isDoneAt(this.setup.value.station, step)) return true;
    this.#say("refused", unit.id, words.standsElsewhere(unit), unit.job.name);
    return false;
  }

  async #apply(command: Command, typed: string): Promise<void> {
    const isBatch = this.setup.value.mode === "batch";
    if (typed.trim() !== "") {
      const target = await this.#read(typed.trim());
      if (!target) return;
      if (isBatch) this.#collect(target);
    }
    const targets = this.targets();
    const [first] = targets;
    if (!first) this.#say("refused", words.scanFirst, words.readyHints[this.setup.value.mode]);
    else if (isBatch) await this.#moveAll(command, targets);
    else if (this.#standsHere(first)) await this.#move(command, first);
  }

  async #moveAll(command: Command, targets: readonly Target[]): Promise<void> {
    this.batch.value = [];
    const entries: Entry[] = [];
    for (const target of targets) {
      this.#say("working", words.batchDone(entries.length, targets.length), words.working);
      entries.push(await this.#add(command, target));
    }
    const count = (name: Entry["state"]["name"]) => entries.filter((entry) => entry.state.name === name).length;
    const title = words.batchDone(count("done"), entries.length);
    if (count("refused") > 0) this.#say("refused", title, words.batchRefused(count("refused")));
    else if (count("waiting") > 0) this.#say("waiting", words.saved, words.savedHint);
    else this.#say("done", title, words.readyHints.batch);
  }

  async #move(command: Command, target: Target): Promise<void> {
    const entry = await this.#add(command, target);
    this.#lastMove = command.type === "advance" && entry.state.name !== "refused" ? { entry, target, at: Date.now() } : undefined;
    this.#report(entry, target);
  }

  #undo(move: Entry): Promise<Entry> {
    this.#lastMove = undefined;
    return this.#add({ type: "undo", of: move.id }, { serialId: move.serialId });
  }

  #add(command: Command, { serialId, stepId }: Target): Promise<Entry> {
    const { station, operator } = this.setup.value;
    const draft = { serialId, command, station, userId: operator, occurredAt: this.sender.now() };
    return this.outbox.add(stepId === undefined ? draft : { ...draft, fromStepId: stepId });
  }

  /** Says what the server has answered to a command. */
  #report(entry: Entry, target: Target): void {
    const { state, command } = entry;
    const { serialId, stepName, jobName } = target;
    // The unit has moved since it was read, so no button may use the step that was read.
    this.current.value = undefined;
    switch (state.name) {
      case "waiting":
        this.#say("waiting", serialId, words.savedHint, jobName);
        this.#pending = { entry, target };
        return;
      case "refused":
        this.#say("refused", serialId, state.reason, jobName, state.requestId);
        return;
      case "done":
        this.#say("done", serialId, outcomeText(command, state.outcome, stepName), jobName);
    }
  }

  #say(look: Look, title: string, text: string, detail?: string, requestId?: string): void {
    this.#pending = undefined;
    this.answer.value = { look, title, text, detail, requestId, no: this.answer.value.no + 1 };
    const tone = sounds[look];
    if (tone && this.setup.value.hasSound) play(tone);
  }
}

/** Returns why the server was not reached, or the sentence with which it does not accept the key of this device. */
function troubleOf(failure: unknown): string {
  return failure instanceof RoutecardError && failure.statusCode < 500 ? failure.message : words.offline;
}

function outcomeText(command: Command, { status, stepName: here = "" }: Outcome, from: string | undefined): string {
  switch (command.type) {
    case "undo":
      return words.backAt(here);
    case "scrap":
      return words.scrapped;
    case "advance":
      if (status === "completed") return words.completed;
      return from === undefined ? words.movedTo(here) : words.moved(from, here);
  }
}

function targetOf(unit: Unit): Target {
  const step = currentStep(unit);
  return { serialId: unit.id, jobName: unit.job.name, stepId: step?.stepId, stepName: step?.stepName, unit };
}
