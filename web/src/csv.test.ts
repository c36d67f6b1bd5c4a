import assert from "node:assert/strict";
import { test } from "node:test";

import { toCsv } from "./csv.js";

test("CSV quotes what it must, and no text becomes a formula", () => {
  assert.equal(
    toCsv(["Step", "Units"], [["Saw, large", 3], ['the "new" mill', -1], ["=1+1", 0]]),
    'Step,Units\r\n"Saw, large",3\r\n"the ""new"" mill",-1\r\n\'=1+1,0\r\n',
  );
});
