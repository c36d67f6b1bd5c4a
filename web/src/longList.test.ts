import assert from "node:assert/strict";
import { test } from "node:test";

import { LongList, pageSize, type ListSource } from "./longList.js";

/** A server with the numbers of a list. A cursor is the last number before the page, as those of the real server are. */
class Numbers implements ListSource<number> {
  reads = 0;
  skips = 0;
  constructor(public numbers: number[]) {}

  async read(cursor: string | undefined) {
    this.reads++;
    const { items, next } = this.#page(cursor, pageSize);
    return { items, next, total: this.numbers.length };
  }

  async skip(cursor: string | undefined, count: number) {
    this.skips++;
    return this.#page(cursor, count).next;
  }

  #page(cursor: string | undefined, count: number) {
    const rest = cursor === undefined ? this.numbers : this.numbers.filter((number) => number < Number(cursor));
    const items = rest.slice(0, count);
    return { items, next: rest.length > count ? String(items.at(-1)) : undefined };
  }
}

/** Returns the numbers from the largest down to 1, as a list that begins with the newest. */
const down = (from: number) => Array.from({ length: from }, (_, index) => from - index);

const rows = (list: LongList<number>, first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => list.at(first + index));

test("the last row of a long list is shown without loading the rows before it", async () => {
  const server = new Numbers(down(50_000));
  const list = new LongList(server);
  await list.refresh();
  assert.equal(list.total, 50_000);
  await list.show(49_980, 49_999);
  assert.deepEqual(rows(list, 49_998, 49_999), [2, 1]);
  assert.equal(list.at(0), undefined, "the first rows are not kept");
  assert.deepEqual([server.reads, server.skips], [2, 50]);
  await list.show(25_000, 25_020);
  assert.equal(list.at(25_010), 24_990);
  assert.ok(server.skips < 60, "it skips from the nearest page that it knows");
});

test("rows that come and go above do not move the rows in view, and are there after scrolling up", async () => {
  const server = new Numbers(down(1000));
  const list = new LongList(server);
  await list.refresh();
  await list.show(500, 520);
  assert.equal(list.at(510), 490);
  server.numbers = [1003, 1002, 1001, ...server.numbers.filter((number) => number !== 495)];
  await list.refresh();
  assert.equal(list.at(520), 479, "495 is gone");
  await list.show(0, 20);
  assert.deepEqual(rows(list, 0, 3), [1003, 1002, 1001, 1000]);
  for (let first = 0; first < 1002; first += 50) await list.show(first, first + 49);
  const shown: (number | undefined)[] = [];
  for (let first = 0; first < 1002; first += 50) {
    await list.show(first, first + 49);
    shown.push(...rows(list, first, Math.min(first + 49, 1001)));
  }
  assert.deepEqual(shown, server.numbers);
  assert.deepEqual([list.total, list.length], [1002, 1002]);
});

test("a list that has become shorter ends where it ends now", async () => {
  const server = new Numbers(down(3000));
  const list = new LongList(server);
  await list.refresh();
  server.numbers = down(150);
  await list.show(2980, 2999);
  assert.equal(list.total, 150);
  assert.equal(list.at(list.length - 1), 1);
  server.numbers = [];
  await list.refresh();
  assert.deepEqual([list.total, list.length], [0, 0]);
});

test("rows that are in view already are loaded again only after a change", async () => {
  const server = new Numbers(down(300));
  const list = new LongList(server);
  await list.refresh();
  const { reads } = server;
  await list.show(0, 20);
  assert.equal(server.reads, reads);
  server.numbers = down(301);
  await list.refresh();
  assert.equal(list.at(0), 301);
});

test("a failed request is reported, the rows stay, and the next call tries again", async () => {
  const server = new Numbers(down(300));
  const list = new LongList(server);
  await list.refresh();
  const read = server.read.bind(server);
  server.read = () => Promise.reject(new Error("no network"));
  await assert.rejects(list.refresh(), /no network/);
  assert.equal(list.at(0), 300);
  server.read = read;
  server.numbers = down(299);
  await list.show(0, 20);
  assert.equal(list.at(0), 299);
});
