// Prints labels and travellers to PDF, draws the pages as a printer does, and reads the codes with an independent reader.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { PDFiumLibrary } from "@hyzyla/pdfium";
import { chromium } from "playwright-core";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

import { atEnd, browserArguments, createJob, faultsOf, findChromium, startServer, temporaryFolder } from "./shop.mjs";

// Without its own file, the reader would ask a server on the Internet for it.
prepareZXingModule({ overrides: { wasmBinary: readFileSync(new URL(import.meta.resolve("zxing-wasm/reader/zxing_reader.wasm"))).buffer } });

const units = 5;
const codes = [
  { name: "DataMatrix", format: "DataMatrix" },
  { name: "QR code", format: "QRCode" },
  { name: "Code 128", format: "Code128" },
];
// The size of a page in points, and how many pages the units need.
const sheets = [
  { id: "a4", width: 595, height: 842, pages: 1 },
  { id: "letter", width: 612, height: 792, pages: 1 },
  { id: "roll62", width: 176, height: 82, pages: units },
  { id: "roll30", width: 85, height: 57, pages: units },
];
const papers = [
  { name: "A4", width: 595, height: 842 },
  { name: "Letter", width: 612, height: 792 },
];
// A common resolution of label printers is 300 dots per inch; PDF has 72 points per inch.
const dotsPerPoint = 300 / 72;

// readPages draws each page of a PDF, and returns its size and the codes on it.
async function readPages(pdfium, pdf) {
  const document = await pdfium.loadDocument(pdf);
  const pages = [];
  for (const page of document.pages()) {
    const { originalWidth: points, originalHeight: pointsHigh } = page.getOriginalSize();
    const { data, width, height } = await page.render({ scale: dotsPerPoint, render: "bitmap" });
    // PDFium's order is blue, green, red; the codes are black and white.
    const image = { data: new Uint8ClampedArray(data), width, height, colorSpace: "srgb" };
    const found = await readBarcodes(image, { tryHarder: true, maxNumberOfSymbols: 255 });
    pages.push({ width: points, height: pointsHigh, codes: found.map(({ format, text }) => ({ format, text })) });
  }
  document.destroy();
  return pages;
}

const near = (a, b) => Math.abs(a - b) <= 1;

test("every code on every sheet can be read, and nothing else is in it", async (t) => {
  const folder = temporaryFolder(t);
  const server = await startServer(t, "--addr", "127.0.0.1:0", "--database", join(folder, "routecard.db"));
  const shop = await createJob(server.url, "Gehäuse <img src=x onerror=alert(1)>", ["Saw", "Inspection"], units);
  const browser = await chromium.launch({ executablePath: findChromium(), args: browserArguments });
  atEnd(t, () => browser.close());
  const pdfium = await PDFiumLibrary.init();
  atEnd(t, () => pdfium.destroy());
  const page = await browser.newPage();
  const faults = faultsOf(page, server.url);
  await page.goto(`${server.url}/labels?job=${shop.job.id}`);
  await page.locator("svg.label-code").first().waitFor();
  const print = async () => readPages(pdfium, await page.pdf({ preferCSSPageSize: true, printBackground: true }));
  const wanted = (format) => shop.units.map((text) => ({ format, text }));
  const sorted = (pages) => pages.flatMap((one) => one.codes).sort((a, b) => (a.text < b.text ? -1 : 1));

  for (const code of codes) {
    await page.getByLabel(code.name).check();
    for (const sheet of sheets) {
      await t.test(`${code.name} on ${sheet.id}`, async () => {
        await page.getByLabel("Sheet", { exact: true }).selectOption(sheet.id);
        const pages = await print();
        assert.equal(pages.length, sheet.pages);
        for (const one of pages) assert.ok(near(one.width, sheet.width) && near(one.height, sheet.height), `a page is ${one.width} × ${one.height}`);
        assert.deepEqual(sorted(pages), wanted(code.format));
      });
    }
    await page.getByLabel("Travellers").check();
    for (const paper of papers) {
      await t.test(`${code.name} on a traveller of ${paper.name}`, async () => {
        await page.getByLabel(paper.name, { exact: true }).check();
        const pages = await print();
        assert.equal(pages.length, units);
        for (const one of pages) assert.ok(near(one.width, paper.width) && near(one.height, paper.height), `a page is ${one.width} × ${one.height}`);
        assert.deepEqual(sorted(pages), wanted(code.format));
      });
    }
    await page.getByLabel("Labels", { exact: true }).check();
  }

  await t.test("labels that are used stay empty", async () => {
    await page.getByLabel("Sheet", { exact: true }).selectOption("a4");
    await page.getByLabel("Used labels on the first sheet").fill("22");
    assert.deepEqual((await print()).map((one) => one.codes.length), [2, 3]);
  });
  await t.test("axe-core finds nothing", async () => {
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [colorScheme, id, nodes.map((node) => node.html)]), []);
    }
  });
  assert.deepEqual(faults, []);
});
