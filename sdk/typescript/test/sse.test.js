import assert from "node:assert/strict";
import { test } from "node:test";

import { MessageReader } from "../dist/sse.js";

test("messages", () => {
  for (const [stream, ...want] of [
    ["id: 7\nevent: serial.advanced\ndata: {}\n\n", "7 {}"],
    ["data: a\n\ndata: b\n\n", " a", " b"],
    ["data: a\r\rdata: b\r\r", " a", " b"],
    ["data: a\r\n\r\ndata: b\r\n\r\n", " a", " b"],
    ["id: 1\rdata: a\n\ndata: b\r\n\n", "1 a", "1 b"],
    ["data: {\ndata\ndata:}\n\n", " {\n\n}"],
    ["data:  a\n\n", "  a"],
    [": hello\n\n:\n\n: again\ndata: a\n: inside\n\n", " a"],
    ["id: 9\n\ndata: a\n\n", "9 a"],
    ["id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", "1 a", "1 b"],
    ["id: 1\ndata: a\n\nid\ndata: b\n\n", "1 a", " b"],
    ["color: red\ndata: a\nnonsense\n\n", " a"],
    ["data: a\n\nid: 2\ndata: b\n", " a"],
    [""],
  ]) {
    // As a whole, and character by character with empty chunks in between.
    for (const chunks of [[stream], [...stream].flatMap((character) => [character, ""])]) {
      const messages = new MessageReader();
      const got = chunks.flatMap((chunk) => Array.from(messages.push(chunk), (data) => `${messages.lastId} ${data}`));
      assert.deepEqual(got, want, JSON.stringify(stream));
    }
  }
});

test("the id of an incomplete message is ignored", () => {
  const messages = new MessageReader();
  assert.deepEqual([...messages.push("id: 1\ndata: a\n\nid: 2\ndata: b\n")], ["a"]);
  assert.equal(messages.lastId, "1");
});

test("the server sets the wait before the next connection", () => {
  const messages = new MessageReader();
  assert.deepEqual([...messages.push("retry: 2500\nretry: soon\n\n")], []);
  assert.equal(messages.retry, 2500);
});

test("messages have a maximum size", () => {
  for (const piece of ["data", "data: x\n", "data:\n"]) {
    const messages = new MessageReader(1000);
    assert.throws(() => {
      for (let n = 0; n < 2000; n++) [...messages.push(piece)];
    }, /too large/);
  }
});
