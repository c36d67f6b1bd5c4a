import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { client, mayOperate, messageOf, oneShotClient, session } from "../../api.js";
import { followChanges } from "../../live.js";
import { Outbox } from "../../outbox.js";
import { openEntryStore } from "../../outboxStore.js";
import { randomKey } from "../../randomKey.js";
import "../../shared.js";
import { Floor } from "./floor.js";
import type { Work } from "./Queue.js";
import { StationSender } from "./sender.js";
import { SetupForm } from "./SetupForm.js";
import { loadSetup, saveSetup, type Setup } from "./station.js";
import { StationPanel } from "./StationPanel.js";
import { words } from "./words.js";

/** How many rows of work are shown. */
const maxWork = 50;

type View = { name: "opening" } | { name: "failed"; message: string } | { name: "setup"; floor?: Floor } | { name: "station"; floor: Floor };

/** The station on the shop floor: set up once, then scan. */
export function FloorPage() {
  const view = useSignal<View>({ name: "opening" });
  const work = useSignal<readonly Work[] | undefined>(undefined);
  const sender = useMemo(() => new StationSender(oneShotClient), []);

  const openStation = async (setup: Setup) => {
    try {
      let floor: Floor | undefined;
      const outbox = await Outbox.open({
        store: await openEntryStore(),
        sender,
        newId: randomKey,
        nothingToUndo: words.nothingToUndo,
        onChange: () => floor?.showOutbox(),
      });
      floor = new Floor(outbox, sender, setup);
      view.value = { name: "station", floor };
    } catch (error) {
      view.value = { name: "failed", message: messageOf(error) };
    }
  };

  useEffect(() => {
    const setup = loadSetup();
    if (setup) void openStation(setup);
    else view.value = { name: "setup" };
  }, []);

  const floor = view.value.name === "station" ? view.value.floor : undefined;
  const station = floor?.setup.value.station;
  useEffect(() => {
    if (!station) return undefined;
    return followChanges(async () => {
      const { data } = await client().GET("/api/work", {
        params: { query: { [station.by]: station.name, limit: maxWork } },
      });
      work.value = data;
      void floor?.outbox.flush();
    });
  }, [floor, station]);

  switch (view.value.name) {
    case "opening":
      return <p class="floor-hint">{words.working}</p>;
    case "failed":
      return <p role="alert">{view.value.message}</p>;
    case "setup": {
      const before = view.value.floor;
      return (
        <SetupForm
          before={before?.setup.value}
          load={async () => (await client().GET("/api/places")).data}
          onDone={(setup) => {
            if (!before) { saveSetup(setup); void openStation(setup); }
            else {
              before.change(setup);
              view.value = { name: "station", floor: before };
            }
          }}
          onCancel={before && (() => (view.value = { name: "station", floor: before }))}
        />
      );
    }
    case "station": {
      const open = view.value.floor;
      // While the server is away, moves are kept, and the server decides about them later.
      const isUnknown = session.value.name === "loading" || session.value.name === "unreachable";
      return (
        <StationPanel floor={open} work={work.value} mayMove={isUnknown || mayOperate()} onSetup={() => (view.value = { name: "setup", floor: open })} />
      );
    }
  }
}
