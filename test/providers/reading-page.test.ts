/** The reading page of a report, played in a real browser by keys alone; what it saves is read by `dprime mrmc`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { saveImage } from "../../src/files/files.ts";
import { gallasArea, parseImrmc } from "../../src/stats/index.ts";
import { compareFiles } from "../../src/workflows/compare/compare-files.ts";
import { newFolder } from "../cli/dprime.ts";
import { commandLine } from "../command-line.ts";

const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);
if (browser === undefined) {
  console.log("skipped: no browser here (Debian: chromium), nobody reads the reading page");
}

const n = 96;

async function report(folder: string): Promise<void> {
  const stream = streamOf(1, "reading");
  const data = Float32Array.from({ length: 6 * n * n }, (_, i) => {
    const inside = Math.hypot((i % n) - 48, (Math.floor(i / n) % n) - 48) < 45;
    return (inside ? 60 : -1000) + 8 * stream.normal();
  });
  const volume = join(folder, "volume.nii");
  await saveImage(volume, makeImage(data, [6, n, n], { spacing: [5, 0.8, 0.8], unit: "HU" }));
  const eraser = { name: "total-variation", parameters: { strength: 6 } };
  await compareFiles(volume, join(folder, "report"), {
    methods: [eraser],
    doses: [1],
    resolution: Infinity,
    lookFor: { diameterMm: 4, contrast: 60 },
    threads: 1,
  });
}

describe.skipIf(browser === undefined)("a reader in a browser", () => {
  it("reads by keys alone, by what is to be seen, and leaves a study", {
    timeout: 240_000,
  }, async () => {
    const folder = newFolder("reading-page");
    await report(folder);
    const opened = await chromium.launch({
      executablePath: browser!,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
    try {
      const context = await opened.newContext({ acceptDownloads: true, offline: true });
      const tab = await context.newPage();
      const failures: string[] = [];
      tab.on("pageerror", (error) => void failures.push(error.message));
      await tab.goto(pathToFileURL(join(folder, "report", "reading.html")).href);
      // The field has the focus: no mouse is needed.
      await tab.keyboard.type("Ann");
      await tab.keyboard.press("Enter");
      const status = () => tab.locator("#status").innerText();
      expect(await status()).toMatch(/^Practice 1 of 4$/);
      /** Which side is brighter in its middle, as somebody sees it. */
      const brighter = () =>
        tab.evaluate(() => {
          const middle = (id: string) => {
            const image = document.getElementById(id) as HTMLImageElement;
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            const context = canvas.getContext("2d")!;
            context.drawImage(image, 0, 0);
            const at = Math.floor(canvas.width / 2) - 1;
            const { data } = context.getImageData(at, at, 3, 3);
            return data.filter((_, i) => i % 4 === 0).reduce((a, v) => a + v, 0);
          };
          return middle("left") > middle("right") ? "ArrowLeft" : "ArrowRight";
        });
      const download = tab.waitForEvent("download");
      let [breaks, read] = [0, 0];
      for (let k = 0; k < 200 && !(await status()).startsWith("Done"); k++) {
        if ((await status()).startsWith("A break")) {
          breaks++;
          await tab.keyboard.press("Space");
          continue;
        }
        await tab.waitForFunction(() =>
          ["left", "right"].every(
            (id) => (document.getElementById(id) as HTMLImageElement).complete,
          ),
        );
        const seen = await brighter();
        const other = seen === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
        // Every fifth choice is a slip; which method it falls on, the reader cannot know.
        const slip = /^\d+ of/.test(await status()) && ++read % 5 === 0;
        await tab.keyboard.press(slip ? other : seen);
      }
      expect(await status()).toMatch(/^Done, thank you/);
      expect(breaks).toBe(1);
      expect(failures).toEqual([]);
      const saved = join(folder, "reading.imrmc");
      const file = await download;
      expect(file.suggestedFilename()).toBe("reading-Ann.imrmc");
      await file.saveAs(saved);
      const { code, out, err } = await commandLine(["mrmc", saved, "--json"]);
      expect(err).not.toMatch(/error/i);
      expect(code).toBe(0);
      expect(out).toMatch(/no denoising at dose 1/);
      expect(out).toMatch(/total-variation at dose 1/);
      // 60 HU in noise of 8 is seen by anybody who looks at the right place: what is missing are the slips.
      const study = parseImrmc(readFileSync(saved, "utf8"));
      const areas = ["no denoising at dose 1", "total-variation at dose 1"].map(
        (modality) => gallasArea(study, modality).estimate,
      );
      expect(read).toBeGreaterThan(46);
      expect(24 * (areas[0]! + areas[1]!)).toBeCloseTo(48 - Math.floor(read / 5), 9);
    } finally {
      await opened.close();
    }
  });
});
