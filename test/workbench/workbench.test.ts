/**
 * The workbench as a person uses it, in a real browser on the built package: files are opened, looked at, denoised and
 * saved; the server is killed at work and started again. Screenshots go into `docs/images/workbench` when
 * DPRIME_SCREENSHOTS is set.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { decode } from "fast-png";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { writeNewSeries } from "../../src/dicom/create.ts";
import { openImages } from "../../src/workflows/open-images.ts";
import { denoise } from "../../src/workflows/denoise.ts";
import { buildWorkbench } from "../../tools/workbench.ts";
import { buildOnce, newFolder } from "../cli/dprime.ts";

// A browser, a server and worker threads on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);
if (program === undefined) console.log("skipped: no browser here (Debian: chromium)");

const root = join(import.meta.dirname, "..", "..");
const folder = newFolder("workbench");
const workspace = join(folder, "workspace");
const [rows, columns, slices] = [96, 120, 3] as const;

/** A body with two discs and noise, in HU: whole numbers, as a scanner stores them. */
function scan(): Float32Array {
  const stream = streamOf(3, "workbench");
  return Float32Array.from({ length: slices * rows * columns }, (_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns) % rows];
    const body = ((x - 60) / 52) ** 2 + ((y - 48) / 40) ** 2 < 1;
    const disc = (x - 40) ** 2 + (y - 44) ** 2 < 100;
    const bone = (x - 84) ** 2 + (y - 52) ** 2 < 64;
    return Math.round((!body ? -1000 : bone ? 400 : disc ? 90 : 50) + 15 * stream.normal());
  });
}
const values = scan();
const seriesFolder = join(folder, "series");
const seriesFiles: string[] = [];

interface Running {
  readonly child: ChildProcess;
  readonly address: string;
}
const running: ChildProcess[] = [];

async function startServer(port = 0): Promise<Running> {
  const words = [
    "workbench",
    folder,
    "--no-open",
    "--port",
    String(port),
    "--workspace",
    workspace,
  ];
  const child = spawn(process.execPath, [join(root, "dist/cli/main.js"), ...words]);
  running.push(child);
  let said = "";
  const address = await new Promise<string>((resolve, reject) => {
    child.on("close", () => reject(new Error(said)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data: Buffer) => {
        said += data.toString();
        const found = /http:\/\/\S+/.exec(said)?.[0];
        if (found !== undefined) resolve(found);
      });
    }
  });
  return { child, address };
}

const gone = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("close", () => resolve());
  });

/** Waits until the planes of the pair that is looked at are drawn. */
const drawn = (page: Page, both: boolean) =>
  page.waitForSelector(
    both ? '[data-drawn*="/"][data-drawn*=" "]:not([data-drawn$=" "])' : "[data-drawn]",
  );

async function look(page: Page, name: string): Promise<void> {
  if (!process.env.DPRIME_SCREENSHOTS) return;
  const place = join(root, "docs", "images", "workbench");
  mkdirSync(place, { recursive: true });
  await page.mouse.move(2, 2);
  for (const [width, height] of [
    [1280, 720],
    [1920, 1080],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(place, `${name}-${width}.png`) });
  }
  await page.setViewportSize({ width: 1280, height: 720 });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds that is serious or worse, as sentences. */
async function barriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ help, nodes }) => help + ": " + nodes.map((n) => n.html).join(" ")))`);
}

describe.skipIf(program === undefined)("the workbench", () => {
  let browser: Browser;
  let page: Page;
  let server: Running;
  const troubles: string[] = [];

  beforeAll(async () => {
    buildOnce();
    await buildWorkbench(join(root, "dist", "workbench"));
    mkdirSync(seriesFolder);
    const volume = makeImage(values, [slices, rows, columns], {
      spacing: [2, 0.8, 0.8],
      unit: "HU",
    });
    for (const [k, { bytes }] of (await writeNewSeries(volume)).entries()) {
      seriesFiles.push(join(seriesFolder, `${k}.dcm`));
      writeFileSync(seriesFiles[k]!, bytes);
    }
    browser = await chromium.launch({
      executablePath: program!,
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--enable-unsafe-swiftshader"],
    });
    server = await startServer();
    page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.setDefaultTimeout(240_000);
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" || text.includes("GL_INVALID")) troubles.push(text);
    });
  });
  afterAll(async () => {
    await browser?.close();
    for (const child of running) child.kill("SIGKILL");
  });

  it("greets, and opens a series that is dropped in as one image", async () => {
    await page.goto(server.address);
    await page.getByRole("heading", { name: "Drop images here" }).waitFor();
    expect(await barriers(page)).toEqual([]);
    await look(page, "start");
    await page.setInputFiles('input[data-pick="files"]', seriesFiles);
    await drawn(page, false);
    expect(await page.locator(".image-row").count()).toBe(1);
    expect(await page.locator(".image-row .detail").innerText()).toBe(
      `CT · ${columns} × ${rows} × ${slices}`,
    );
    expect(troubles).toEqual([]);
  });

  it("shows the stored values in the window, pixel for pixel", async () => {
    const hash = new URL(page.url()).hash.replace(/^#\/look\?/, "");
    const words = new URLSearchParams(hash);
    words.set("plane", "1");
    words.set("window", "-160 240");
    words.set("place", `1 ${columns / 2} ${rows / 2}`);
    await page.evaluate((text) => {
      history.replaceState(null, "", `#/look?${text}`);
      dispatchEvent(new PopStateEvent("popstate"));
    }, words.toString());
    await page.waitForSelector('[data-drawn*="/1 "]');
    await page.waitForTimeout(500);
    const canvas = page.locator(".frame canvas");
    const shown = decode(await canvas.screenshot());
    const left = Math.floor(shown.width / 2) - columns / 2;
    const top = Math.floor(shown.height / 2) - rows / 2;
    let [wrong, seen] = [0, 0];
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const value = values[(rows + y) * columns + x]!;
        const wanted = 255 * Math.min(1, Math.max(0, (value + 160) / 400));
        const at = (top + y) * shown.width + left + x;
        seen++;
        // The label of the slider's focus or a mark would be wrong by more than rounding.
        if (Math.abs(shown.data[at * shown.channels]! - wanted) > 1) wrong++;
      }
    }
    expect([seen, wrong]).toEqual([rows * columns, 0]);
  });

  it("reads the exact value under the pointer, and figures of a region", async () => {
    const box = (await page.locator(".frame").boundingBox())!;
    const [x, y] = [70, 30];
    await page.mouse.move(
      box.x + Math.floor(box.width / 2) + x - columns / 2 + 0.5,
      box.y + Math.floor(box.height / 2) + y - rows / 2 + 0.5,
    );
    const value = values[(rows + y) * columns + x]!;
    await expect
      .poll(() => page.locator(".readout").innerText(), { timeout: 20_000 })
      .toMatch(new RegExp(`${x}, ${y}[\\s\\S]*${String(value).replace("-", "−")} HU`));
    await page.getByRole("button", { name: "Add region" }).click();
    await page.getByLabel("column", { exact: true }).fill("30");
    await page.getByLabel("row", { exact: true }).fill("40");
    await page.getByLabel("width").fill("8");
    await page.getByLabel("height").fill("6");
    await page.keyboard.press("Tab");
    const inside: number[] = [];
    for (let j = 40; j < 46; j++) {
      for (let i = 30; i < 38; i++) inside.push(values[(rows + j) * columns + i]!);
    }
    const mean = inside.reduce((a, b) => a + b, 0) / inside.length;
    await expect
      .poll(() => page.locator(".figures").innerText(), { timeout: 20_000 })
      .toContain(String(Number(mean.toPrecision(4))));
  });

  it("denoises by a form that is made of the method's parameters", async () => {
    await page.getByLabel("method").selectOption("non-local-means");
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("patch in px").fill("2");
    await page.getByLabel("noise level").fill("15");
    await page.getByRole("button", { name: "Denoise" }).click();
    await page.getByRole("heading", { name: "Result" }).waitFor();
    await drawn(page, true);
    expect(await page.locator(".facts").innerText()).toContain("non-local-means");
    expect(await barriers(page)).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it("shows both in every way by keys, and holds the view in the address", async () => {
    await page.locator(".frame").focus();
    for (const [key, mode] of Object.entries({ t: "three", w: "wipe", d: "difference", s: "" })) {
      await page.keyboard.press(key);
      await expect
        .poll(() => new URL(page.url()).hash)
        .toContain(mode === "" ? "image=" : `mode=${mode}`);
      if (mode === "wipe") await look(page, "wipe");
      if (mode === "three") await look(page, "three");
    }
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => new URL(page.url()).hash).toContain("plane=2");
    const before = page.url();
    await page.reload();
    await drawn(page, true);
    expect(page.url()).toBe(before);
    expect(await page.locator(".planes").innerText()).toContain(`slice 3 / ${slices}`);
    expect(await page.locator(".facts").innerText()).toContain("non-local-means");
    await page.getByRole("button", { name: "Light" }).click();
    expect(await barriers(page)).toEqual([]);
    await look(page, "light");
    await page.getByRole("button", { name: "Dark" }).click();
  });

  it("saves the result as derived DICOM, with the workflow's values", async () => {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save" }).click();
    const saved = await download;
    expect(saved.suggestedFilename()).toMatch(/\.zip$/);
    const place = join(folder, "saved.zip");
    await saved.saveAs(place);
    const { unzipSync } = await import("fflate");
    const out = join(folder, "saved");
    for (const [name, bytes] of Object.entries(unzipSync(new Uint8Array(readFileSync(place))))) {
      mkdirSync(join(out, name, ".."), { recursive: true });
      writeFileSync(join(out, name), bytes);
    }
    const [result] = await openImages(out);
    const [original] = await openImages(seriesFolder);
    const wanted = await denoise(original!.image, {
      method: "non-local-means",
      parameters: { patch: 2 },
      sigma: 15,
      padding: original!.padding,
    });
    expect(result!.image.shape).toEqual([slices, rows, columns]);
    expect(result!.image.spacing).toEqual(original!.image.spacing);
    let worst = 0;
    wanted.image.data.forEach(
      (v, i) => (worst = Math.max(worst, Math.abs(v - result!.image.data[i]!))),
    );
    // Stored with the original's slope of 1 HU.
    expect(worst).toBeLessThanOrEqual(0.5001);
  });

  it("is found again, and its work finished, after the server was killed at work", async () => {
    await page.getByLabel("method").selectOption("k-svd");
    await page.getByRole("button", { name: "Denoise" }).click();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await expect
      .poll(() => page.locator(".jobs").innerText(), { timeout: 60_000 })
      .not.toContain("waits");
    const { port } = new URL(server.address);
    server.child.kill("SIGKILL");
    await gone(server.child);
    await page.getByText("The connection to dprime is lost").waitFor();
    server = await startServer(Number(port));
    await page.getByText("The connection to dprime is lost").waitFor({ state: "detached" });
    // It is taken up by itself, and ends.
    await expect.poll(() => page.locator(".image-row").count(), { timeout: 240_000 }).toBe(3);
    await expect.poll(() => page.locator(".jobs").innerText(), { timeout: 60_000 }).toBe("");
    // What was refused while the server was away is no fault of the page.
    troubles.length = 0;
  });

  it("opens from the folder that the server was given, and says what is wrong with a file", async () => {
    writeFileSync(join(folder, "broken.npy"), "\x93NUMPY");
    await page.reload();
    await page.getByRole("button", { name: "broken.npy" }).click();
    await page.locator(".job.failed .error").waitFor();
    expect(await page.locator(".job.failed .error").innerText()).toMatch(/^Cannot /);
    expect(await page.locator(".job.failed .error").innerText()).not.toContain(folder);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByRole("button", { name: "series/" }).click();
    await page.getByRole("button", { name: "Open all here" }).click();
    await expect.poll(() => page.locator(".image-row").count(), { timeout: 120_000 }).toBe(4);
    await page.getByRole("button", { name: "Close CT" }).first().click();
    await expect
      .poll(() => page.locator(".image-row").count(), { timeout: 20_000 })
      .toBeLessThan(4);
    expect(troubles).toEqual([]);
  });

  it("keeps no name of a patient's file in its diagnostics, and ends by Ctrl-C", async () => {
    await page.getByRole("button", { name: "Diagnostics" }).click();
    const text = await page.locator(".diagnostics").innerText();
    expect(text).toContain("image: dicom zyx");
    expect(text).not.toMatch(/\.dcm|series/);
    server.child.kill("SIGINT");
    await gone(server.child);
    expect(server.child.exitCode).toBe(0);
  });
});
