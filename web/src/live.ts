import { effect, signal, untracked } from "@preact/signals";

import type { StreamState } from "../../sdk/typescript/src/index.js";
import { client, hasKey, loadSession, session } from "./api.js";

/** Whether this tab follows the server's events. */
export type Connection = { name: "connecting" } | { name: "live" } | { name: "lost"; since: Date };

export const connection = signal<Connection>({ name: "connecting" });

/** The time of the last answer from the server. */
export const updatedAt = signal<Date | undefined>(undefined);

/** Pages refetch at most this often, in milliseconds. */
const refetchPause = 250;

/** The longest wait for the answer that says where the stream begins, in milliseconds. */
const sessionTimeout = 5000;

/** The time after which a lost stream is opened again, in milliseconds. */
const reconnectPause = 1000;

type Refetch = () => Promise<void>;

const followers = new Set<() => void>();
let running: AbortController | undefined;

/**
 * Calls `refetch` at once, and again after each change on the server, at most four times a second. It also refetches when the
 * connection or the tab comes back. Returns a function that stops this.
 */
export function followChanges(refetch: Refetch): () => void {
  let state: "idle" | "running" | "again" | "stopped" = "idle";
  const run = async () => {
    if (state === "stopped") return;
    if (state === "running" || state === "again") {
      state = "again";
      return;
    }
    state = "running";
    const pause = new Promise((resolve) => setTimeout(resolve, refetchPause));
    try {
      await refetch();
      updatedAt.value = new Date();
    } catch {
      // The page shows its own errors. A lost connection is shown by the stream.
    }
    await pause;
    const again = (state as string) === "again";
    if ((state as string) !== "stopped") state = "idle";
    if (again) void run();
  };
  const follower = () => void run();
  followers.add(follower);
  follower();
  return () => {
    state = "stopped";
    followers.delete(follower);
  };
}

/** Starts to follow the server's events. A hidden tab closes its stream, because browsers allow few connections to one server. */
export function startLive(): void {
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  effect(() => {
    // A new key needs a new stream.
    hasKey();
    const { name } = session.value;
    untracked(() => {
      stop();
      if (name === "open" && !document.hidden) start();
      if (name === "unreachable") {
        show("lost");
        setTimeout(() => void loadSession(), reconnectPause);
      }
    });
  });
}

function stop(): void {
  running?.abort();
  running = undefined;
}

function start(): void {
  if (running || session.value.name !== "open") return;
  running = new AbortController();
  void follow(running.signal);
}

async function follow(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const { lastSeq } = await client().session.get({ signal, timeout: sessionTimeout });
      for await (const _ of client().events({ after: lastSeq, signal, onRestored: notify, onState: show })) notify();
    } catch {
      if (signal.aborted) return;
      show("lost");
      await new Promise((resolve) => setTimeout(resolve, reconnectPause));
    }
  }
}

function show(state: StreamState): void {
  if (state === "open") {
    connection.value = { name: "live" };
    // Also loads the changes that were made before the stream was open, or while it was lost.
    notify();
  } else if (state === "lost" && connection.value.name !== "lost") {
    connection.value = { name: "lost", since: new Date() };
  }
}

function notify(): void {
  for (const follower of followers) follower();
}
