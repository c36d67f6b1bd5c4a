import assert from "node:assert/strict";
import { test } from "node:test";

import { FrameReader } from "../dist/sse.js";

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
      const frames = new FrameReader();
      const got = chunks.flatMap((chunk) => Array.from(frames.push(chunk), (data) => `${frames.lastId} ${data}`));
      assert.deepEqual(got, want, JSON.stringify(stream));
    }
  }
});

test("the id of a message that is cut off is not remembered", () => {
  const frames = new FrameReader();
  assert.deepEqual([...frames.push("id: 1\ndata: a\n\nid: 2\ndata: b\n")], ["a"]);
  assert.equal(frames.lastId, "1");
});

test("the server's wait", () => {
  const frames = new FrameReader();
  assert.deepEqual([...frames.push("retry: 2500\nretry: soon\n\n")], []);
  assert.equal(frames.retry, 2500);
});

test("messages are bounded", () => {
  for (const piece of ["data", "data: x\n", "data:\n"]) {
    const frames = new FrameReader(1000);
    assert.throws(() => {
      for (let n = 0; n < 2000; n++) [...frames.push(piece)];
    }, /too large/);
  }
});
