import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { client, messageOf } from "../../api.js";
import { connection, followChanges } from "../../live.js";
import "../../shared.js";
import { JobTable } from "./JobTable.js";
import { StateBand } from "./StateBand.js";
import { Totals } from "./Totals.js";
import { loadBoard, type Board } from "./load.js";
import { words } from "./words.js";

/** How often the board is loaded even if nothing happens, in milliseconds, so that it notices a server that is gone. */
const heartbeat = 15_000;

type View = { name: "loading" } | { name: "failed"; message: string } | { name: "loaded"; board: Board };

/** The screen on the wall: what is urgent, where it stands, and whether these numbers are true. */
export function BoardPage() {
  const view = useSignal<View>({ name: "loading" });
  const lostAt = useSignal<Date | undefined>(undefined);

  useEffect(() => {
    const load = async () => {
      try {
        view.value = { name: "loaded", board: await loadBoard(client(), new Date()) };
        lostAt.value = undefined;
      } catch (error) {
        lostAt.value ??= new Date();
        if (view.value.name !== "loaded") view.value = { name: "failed", message: messageOf(error) };
      }
    };
    const timer = setInterval(() => void load(), heartbeat);
    const stop = followChanges(load);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, []);

  const lost = lostAt.value ?? (connection.value.name === "lost" ? connection.value.since : undefined);
  const board = view.value.name === "loaded" ? view.value.board : undefined;
  return (
    <div class={lost ? "board board-lost" : "board"}>
      <StateBand lostAt={lost} loadedAt={board?.loadedAt} />
      {view.value.name === "loading" && <p class="board-note">{words.loading}</p>}
      {view.value.name === "failed" && (
        <p class="board-note" role="alert">
          {words.failed}: {view.value.message}
        </p>
      )}
      {board && (
        <div class="board-columns">
          <JobTable board={board} />
          <Totals board={board} />
        </div>
      )}
    </div>
  );
}
