import assert from "node:assert/strict";
import { test } from "node:test";

import { BurstReader, findGarbled } from "./scan.js";

/** Types the keys with the same pause before each, and returns the texts of the scans. */
function scans(keys: readonly string[], pause: number, reader = new BurstReader(), begin = 1000, isTextField = false): string[] {
  return keys.flatMap((key, i) => {
    const kind = reader.push(key, begin + i * pause, isTextField);
    return kind.kind === "scan" ? [kind.text] : [];
  });
}

const cases: { name: string; keys: string[]; pause: number; want: string[] }[] = [
  { name: "a scanner with Enter", keys: [..."SN-00001", "Enter"], pause: 5, want: ["SN-00001"] },
  { name: "a scanner with Tab", keys: [..."SN-00001", "Tab"], pause: 5, want: ["SN-00001"] },
  { name: "a slow scanner", keys: [..."SN-00001", "Enter"], pause: 100, want: ["SN-00001"] },
  { name: "a typist", keys: [..."SN-00001", "Enter"], pause: 101, want: [] },
  { name: "two fast keys and Enter", keys: ["a", "b", "Enter"], pause: 1, want: [] },
  { name: "three characters", keys: ["a", "b", "c", "Enter"], pause: 1, want: ["abc"] },
  { name: "two scans in a row", keys: [..."AB1", "Enter", ..."AB2", "Enter"], pause: 10, want: ["AB1", "AB2"] },
  { name: "carriage return and line feed", keys: [..."SN-00001", "Enter", "Enter"], pause: 5, want: ["SN-00001"] },
  { name: "an arrow key within", keys: [..."SN-", "ArrowLeft", "1", "Enter"], pause: 5, want: [] },
  { name: "spaces and other characters", keys: [..."A 1/ü😀", "Enter"], pause: 5, want: ["A 1/ü😀"] },
  { name: "no end", keys: [..."SN-00001"], pause: 5, want: [] },
];

for (const { name, keys, pause, want } of cases) {
  test(`burst: ${name}`, () => assert.deepEqual(scans(keys, pause), want));
}

test("what was typed before a pause does not belong to the scan", () => {
  const reader = new BurstReader();
  assert.deepEqual(scans([..."abc"], 5, reader, 1000), []);
  assert.deepEqual(scans([..."SN-00001", "Enter"], 5, reader, 1600), ["SN-00001"]);
});

test("a burst survives a short pause of a busy device, but not in a text field", () => {
  for (const [isTextField, want] of [
    [false, ["SN-00001"]],
    [true, ["00001"]],
  ] as const) {
    const reader = new BurstReader();
    scans([..."SN-"], 5, reader, 1000, isTextField);
    assert.deepEqual(scans([..."00001", "Enter"], 5, reader, 1300, isTextField), want);
  }
});

test("Enter is typing unless it follows a scan at once", () => {
  const reader = new BurstReader();
  scans([..."SN-00001", "Enter"], 5, reader, 1000);
  assert.equal(reader.push("Enter", 1090, false).kind, "after");
  assert.equal(reader.push("Enter", 1500, false).kind, "typed");
});

test("a test code shows which characters the keyboard layout changes", () => {
  assert.deepEqual(findGarbled("SN-1/Y", "SN-1/Y"), []);
  assert.deepEqual(findGarbled("SN-1/Y", "SNß1-Z"), [
    { expected: "-", received: "ß" },
    { expected: "/", received: "-" },
    { expected: "Y", received: "Z" },
  ]);
  assert.deepEqual(findGarbled("AB", "A"), [{ expected: "B", received: "" }]);
});
