import assert from "node:assert/strict";
import { test } from "node:test";

import { paginate, readSerials } from "./sheets.js";

test("labels fill the pages after the places that are used", () => {
  assert.deepEqual(paginate(["a", "b", "c"], 2, 0), [["a", "b"], ["c"]]);
  assert.deepEqual(paginate(["a", "b", "c"], 2, 1), [
    [undefined, "a"],
    ["b", "c"],
  ]);
  assert.deepEqual(paginate([], 24, 0), []);
});

test("serial numbers are separated by what people type or paste", () => {
  assert.deepEqual(readSerials(" SN-1,SN-2; SN-3\nSN-1\t"), ["SN-1", "SN-2", "SN-3"]);
  assert.deepEqual(readSerials(" "), []);
});
