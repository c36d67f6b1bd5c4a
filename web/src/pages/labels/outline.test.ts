import assert from "node:assert/strict";
import { test } from "node:test";

import { outline } from "./outline.js";
import { canHold } from "./symbology.js";

test("a code has its quiet zone", () => {
  assert.deepEqual([outline("datamatrix", "SN-00001").width, outline("datamatrix", "SN-00001").margin], [32, { x: 2, y: 2 }]);
  assert.deepEqual([outline("qrcode", "SN-00001").width, outline("qrcode", "SN-00001").margin], [58, { x: 8, y: 8 }]);
  assert.deepEqual(outline("code128", "SN-00001").margin, { x: 20, y: 0 });
});

test("a code of bars begins at its left edge", () => assert.match(outline("code128", "SN-00001").path, /^M0 /));

test("Code 128 holds ASCII only", () => {
  assert.ok(canHold("code128", "SN-1 ~"));
  assert.ok(!canHold("code128", "Größe-1"));
  assert.ok(canHold("datamatrix", "Größe-1"));
});
