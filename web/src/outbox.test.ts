import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox, Refusal, type Draft, type Entry, type EntryStore, type Outcome, type Sender } from "./outbox.js";

/** Keeps entries as IndexedDB does: by value. */
class MemoryStore implements EntryStore {
  readonly rows = new Map<string, string>();
  all = async () => [...this.rows.values()].map((row) => JSON.parse(row) as Entry);
  put = async (entry: Entry) => void this.rows.set(entry.id, JSON.stringify(entry));
  delete = async (id: string) => void this.rows.delete(id);
}

/** A server that moves each unit once, and recognizes a command that it has carried out by its idempotency key. */
class FakeServer implements Sender {
  /** What the network does with the next requests. Without an entry it works. */
  faults: ("no connection" | "no response")[] = [];
  readonly results = new Map<string, Outcome>();
  readonly moves: string[] = [];
  requests: string[] = [];
  refuses = new Map<string, string>();
  atStep = new Map<string, string>();

  locate = async (entry: Entry): Promise<string> => {
    this.#fail("no connection");
    const step = this.atStep.get(entry.serialId);
    if (step === undefined) throw new Refusal(`${entry.serialId} stands elsewhere`);
    return step;
  };

  send = async (entry: Entry, eventId: string | undefined): Promise<Outcome> => {
    this.requests.push(JSON.stringify({ id: entry.id, from: entry.fromStepId, at: entry.occurredAt, eventId }));
    this.#fail("no connection");
    let outcome = this.results.get(entry.id);
    if (outcome === undefined) {
      const reason = this.refuses.get(entry.serialId);
      if (reason !== undefined) throw new Refusal(reason, "req-1");
      this.moves.push(`${entry.command.type} ${entry.serialId}`);
      outcome = { eventId: `evt_${this.moves.length}`, status: "in_progress" };
      this.results.set(entry.id, outcome);
    }
    this.#fail("no response");
    return outcome;
  };

  #fail(fault: "no connection" | "no response") {
    if (this.faults[0] === fault) {
      this.faults.shift();
      throw new TypeError("Failed to fetch");
    }
  }
}

/** A move of a unit that was scanned while there was no connection. */
function unlocated(serialId: string): Draft {
  return {
    serialId,
    command: { type: "advance" },
    station: { by: "location", name: "Bay 3" },
    userId: "maria",
    occurredAt: "2026-11-26T12:00:00Z",
  };
}

const draft = (serialId: string): Draft => ({ ...unlocated(serialId), fromStepId: "step_a" });

async function setup(store = new MemoryStore(), server = new FakeServer()) {
  let next = store.rows.size;
  const retries: (() => void)[] = [];
  const outbox = await Outbox.open({
    store,
    sender: server,
    newId: () => `key-${++next}`,
    nothingToUndo: "There is nothing to undo",
    later: (call) => {
      retries.push(call);
      return () => {};
    },
  });
  await outbox.flush();
  return { store, server, outbox, retries };
}

test("a command is saved, sent, and done", async () => {
  const { outbox, server, store } = await setup();
  const entry = await outbox.add(draft("SN-1"));
  assert.equal(entry.state.name, "done");
  assert.deepEqual(server.moves, ["advance SN-1"]);
  assert.equal(store.rows.size, 1);
});

test("a command waits while there is no connection, and is sent when there is one", async () => {
  const { outbox, server } = await setup();
  server.faults = ["no connection"];
  const first = await outbox.add(draft("SN-1"));
  assert.equal(first.state.name, "waiting");
  assert.ok(outbox.isCutOff);
  assert.match(String(outbox.lastFailure), /Failed to fetch/);
  assert.ok(outbox.isWaiting("SN-1"));
  await outbox.add(draft("SN-2"));
  assert.deepEqual(server.moves, []);
  await outbox.flush();
  assert.deepEqual(server.moves, ["advance SN-1", "advance SN-2"]);
  assert.deepEqual(outbox.waiting, []);
  assert.ok(!outbox.isCutOff);
  assert.equal(outbox.lastFailure, undefined);
});

test("a retry after a lost response is the same request, and changes nothing twice", async () => {
  const { outbox, server } = await setup();
  server.faults = ["no response"];
  await outbox.add(draft("SN-1"));
  await outbox.flush();
  assert.deepEqual(server.moves, ["advance SN-1"]);
  assert.equal(server.requests.length, 2);
  assert.equal(server.requests[0], server.requests[1]);
});

test("what waits survives a reload, in its order and with its keys", async () => {
  const { outbox, server, store } = await setup();
  server.faults = ["no response"];
  await outbox.add(draft("SN-1"));
  await outbox.add(draft("SN-2"));
  const again = await setup(store, server);
  assert.deepEqual(server.moves, ["advance SN-1", "advance SN-2"]);
  assert.deepEqual(again.outbox.entries.map((entry) => [entry.serialId, entry.state.name]), [
    ["SN-1", "done"],
    ["SN-2", "done"],
  ]);
  assert.equal(server.requests[0], server.requests[1]);
});

test("a unit scanned without a connection is located before it is moved, and the step is then fixed", async () => {
  const { outbox, server, store } = await setup();
  server.atStep.set("SN-1", "step_b");
  server.faults = ["no connection"];
  await outbox.add(unlocated("SN-1"));
  server.faults = ["no response"];
  await outbox.flush();
  server.atStep.set("SN-1", "step_c"); // it was moved
  await setup(store, server);
  assert.deepEqual(server.moves, ["advance SN-1"]);
  assert.equal(server.requests[0], server.requests[1]);
  assert.match(server.requests[0] ?? "", /"from":"step_b"/);
});

test("a refused command says why, stays until it is dismissed, and does not hold up the next one", async () => {
  const { outbox, server, store } = await setup();
  server.refuses.set("SN-1", "Serial number SN-1 is scrapped");
  server.faults = ["no connection"];
  await outbox.add(draft("SN-1"));
  await outbox.add(draft("SN-2"));
  await outbox.add(unlocated("SN-3"));
  await outbox.flush();
  assert.deepEqual(server.moves, ["advance SN-2"]);
  assert.deepEqual(outbox.refused.map((entry) => entry.state), [
    { name: "refused", reason: "Serial number SN-1 is scrapped", requestId: "req-1" },
    { name: "refused", reason: "SN-3 stands elsewhere" },
  ]);
  for (const entry of outbox.refused) await outbox.dismiss(entry.id);
  assert.deepEqual(outbox.refused, []);
  assert.equal(store.rows.size, 1);
});

test("undo takes back the user's own last move, also one that waits", async () => {
  const { outbox, server } = await setup();
  await outbox.add({ ...draft("SN-0"), userId: "tom" });
  await outbox.add(draft("SN-1"));
  server.faults = ["no connection"];
  await outbox.add(draft("SN-2"));
  const undo = async () => {
    const last = outbox.lastMove("maria");
    assert.ok(last);
    await outbox.add({ ...draft(last.serialId), command: { type: "undo", of: last.id } });
    return last.serialId;
  };
  assert.equal(await undo(), "SN-2");
  assert.equal(await undo(), "SN-1");
  assert.equal(outbox.lastMove("maria"), undefined);
  await outbox.flush();
  assert.deepEqual(server.moves, ["advance SN-0", "advance SN-1", "advance SN-2", "undo SN-2", "undo SN-1"]);
  assert.deepEqual(
    server.requests.slice(-2).map((request) => (JSON.parse(request) as { eventId: string }).eventId),
    ["evt_3", "evt_2"],
  );
});

test("an undo of a refused move is refused", async () => {
  const { outbox, server } = await setup();
  server.refuses.set("SN-1", "Serial number SN-1 is scrapped");
  server.faults = ["no connection"];
  const move = await outbox.add(draft("SN-1"));
  await outbox.add({ ...draft("SN-1"), command: { type: "undo", of: move.id } });
  await outbox.flush();
  assert.deepEqual(
    outbox.refused.map((entry) => entry.state.name === "refused" && entry.state.reason),
    ["Serial number SN-1 is scrapped", "There is nothing to undo"],
  );
});

test("the server is tried again after a pause", async () => {
  const { outbox, server, retries } = await setup();
  server.faults = ["no connection", "no connection"];
  await outbox.add(draft("SN-1"));
  assert.equal(retries.length, 1);
  retries[0]?.();
  await outbox.flush();
  assert.equal(retries.length, 2);
  retries[1]?.();
  await outbox.flush();
  assert.deepEqual(server.moves, ["advance SN-1"]);
});

test("old entries are removed, what was refused is kept", async () => {
  const { outbox, server, store } = await setup();
  server.refuses.set("SN-0", "Serial number SN-0 is scrapped");
  for (let i = 0; i < 60; i++) await outbox.add(draft(`SN-${i}`));
  assert.equal(store.rows.size, 51);
  assert.equal(outbox.refused.length, 1);
  assert.equal(outbox.entries.at(-1)?.serialId, "SN-59");
});
