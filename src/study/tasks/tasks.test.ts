/** Studies of every kind of task, run whole, against what theory says. */
import { afterAll, describe, expect, it, vi } from "vitest";
import { normalCdf } from "../../math/normal.ts";
import { endIdleWorkers } from "../../parallel/node.ts";
import { assembleReport } from "../assemble.ts";
import { executeRun, pieceReader } from "../execute.ts";
import { memoryStore } from "../memory-store.fixture.ts";
import { gatherNumbers } from "../numbers.ts";
import { openStudy } from "../open-study.ts";
import { planStudy } from "../plan.ts";

vi.setConfig({ testTimeout: 240_000 });
afterAll(endIdleWorkers);

/** Runs a study in memory: its numbers and its report. */
async function run(description: object) {
  const study = await openStudy({ name: "test", seed: 11, ...description });
  const plan = planStudy(study);
  const store = memoryStore();
  const roots = plan.roots;
  await executeRun({ study: "test", description: study.description, roots }, { store, workers: 2 });
  const read = pieceReader(store);
  return { numbers: await gatherNumbers(plan, read), report: await assembleReport(plan, read) };
}

/** A flat object, so that white noise is all that there is. */
const flat = { name: "gaussian-field", options: { size: 32, sigma: 1e-6 } };
const noise = { name: "gaussian", options: { sigma: 1 } };
const metrics = { rmse: { name: "rmse" } };
const methods = { noisy: { kind: "noisy" } };
const statistics = { reference: "noisy" };

/** ‖s‖ of a hard disk: √(pixels) times its height. With radius 2 it has 13 pixels. */
const disk = (amplitude: number) => ({ name: "disk", options: { radiusMm: 2, amplitude } });
const lengthOfDisk = (amplitude: number) => Math.sqrt(13) * amplitude;

describe("detection", () => {
  it("of a signal at told places has the area that theory gives for white noise", async () => {
    const cases = { test: 400, validation: 2, observerTraining: 300, chunk: 100 };
    const places = [
      [8, 8],
      [8, 22],
      [23, 15],
    ];
    const { numbers, report } = await run({
      task: { object: flat, noise, signal: { ...disk(0.5), places } },
      cases,
      methods,
      observers: { matched: { kind: "trained", name: "npw", side: 9 } },
      metrics,
      statistics,
    });
    const area = numbers.valueOf("noisy", "auc:matched")!;
    const ideal = normalCdf(lengthOfDisk(0.5) / Math.SQRT2);
    // 400 of each: a standard error of 0.013; 300 training images a class of 81 voxels cost d′ a tenth.
    expect(area).toBeLessThan(ideal + 0.03);
    expect(area).toBeGreaterThan(ideal - 0.06);
    expect(report.sections.map(({ heading }) => heading)).toContain("Detectability: matched");
  });

  it("by search locates what it finds, and never counts more than it ranks", async () => {
    const { numbers } = await run({
      task: {
        object: flat,
        noise,
        signal: {
          ...disk(1.4),
          places: [
            [8, 8],
            [8, 22],
            [23, 8],
            [23, 22],
          ],
        },
        search: { toleranceMm: 2 },
      },
      cases: { test: 150, validation: 2, observerTraining: 100, chunk: 50 },
      methods,
      observers: {
        scan: { kind: "trained", name: "scanning", options: { template: "npw", side: 9 } },
      },
      metrics,
      statistics,
    });
    const [auc, lroc] = ["auc:scan", "lroc:scan"].map((m) => numbers.valueOf("noisy", m)!);
    // d′ of 5 at one place among four: nearly always found, where it is.
    expect(auc).toBeGreaterThan(0.97);
    // Equal when everything is found, summed in another order.
    expect(lroc).toBeLessThanOrEqual(auc! + 1e-12);
    expect(lroc).toBeGreaterThan(0.95);
  });

  it("of lesions in a volume reads volumes", async () => {
    const { numbers } = await run({
      task: {
        object: { name: "gaussian-field", options: { size: 16, slices: 8, sigma: 1e-6 } },
        noise,
        signal: disk(0.6),
      },
      cases: { test: 200, validation: 2, observerTraining: 4, chunk: 50 },
      templates: { signal: { kind: "signal" } },
      methods: { ...methods, smooth: { kind: "denoiser", name: "gaussian" } },
      observers: { matched: { kind: "template", template: "signal" } },
      metrics,
      statistics,
    });
    // A hard ball of radius 2 has 33 voxels.
    const ideal = normalCdf((Math.sqrt(33) * 0.6) / Math.SQRT2);
    expect(Math.abs(numbers.valueOf("noisy", "auc:matched")! - ideal)).toBeLessThan(0.025);
    expect(numbers.valueOf("smooth", "rmse")!).toBeLessThan(numbers.valueOf("noisy", "rmse")!);
  });

  /** A scan of an object with a faint smooth lesion, at a dose. */
  const scanned = (dose: number, object: object, where: object) =>
    run({
      task: {
        object,
        acquisition: { name: "ct-parallel", options: { dose, photons: 2e5, views: 60 } },
        signal: {
          name: "gaussian-blob",
          options: { sigmaMm: 9, amplitude: 60 },
          ...where,
        },
      },
      cases: { test: 24, validation: 2, observerTraining: 24, chunk: 12 },
      methods: { ...methods, smooth: { kind: "denoiser", name: "gaussian" } },
      observers: { local: { kind: "trained", name: "npw", side: 7 } },
      metrics,
      statistics,
    });

  it("in CT follows the dose, where quanta are all that hides the lesion", async () => {
    const water = { name: "water-inserts", options: { size: 48, present: false } };
    const places = {
      places: [
        [20, 20],
        [27, 27],
      ],
    };
    const [low, full] = [await scanned(0.002, water, places), await scanned(1, water, places)];
    expect(low.numbers.valueOf("noisy", "rmse")!).toBeGreaterThan(
      3 * full.numbers.valueOf("noisy", "rmse")!,
    );
    const [hidden, plain] = [low, full].map((r) => r.numbers.valueOf("noisy", "auc:local")!);
    expect(plain).toBeGreaterThan(0.95);
    expect(plain).toBeGreaterThan(hidden!);
  });

  it("in CT of a body puts lesions into an organ of every patient", async () => {
    const body = { name: "abdomen", options: { size: 48, fovMm: 420, zMm: 60, texture: 0 } };
    const within = { within: { label: "liver", marginMm: 10 } };
    const { numbers, report } = await scanned(0.1, body, within);
    // Anatomy hides more than noise here: only that there is an area is for sure.
    const area = numbers.valueOf("smooth", "auc:local")!;
    expect(area).toBeGreaterThanOrEqual(0);
    expect(area).toBeLessThanOrEqual(1);
    expect(numbers.valueOf("smooth", "rmse")!).toBeGreaterThan(0);
    expect(report.sections[0]!.text.join(" ")).toMatch(/anywhere within liver, 10 mm or more/);
  });
});

describe("classification", () => {
  it("of two classes is right as often as theory says of white noise", async () => {
    const { numbers } = await run({
      task: {
        kind: "classification",
        object: { ...flat, options: { ...flat.options, size: 16 } },
        noise,
        classes: { plain: {}, disk: { signal: disk(0.6) } },
      },
      cases: { test: 400, validation: 2, observerTraining: 400, chunk: 100 },
      methods,
      observers: { reader: { kind: "classifier", name: "npw" } },
      metrics,
      statistics,
    });
    const share = numbers.valueOf("noisy", "correct:reader")!;
    const ideal = normalCdf(lengthOfDisk(0.6) / 2);
    // 800 cases: a standard error of 0.012; the template is learned from 400 images a class of 256 pixels.
    expect(share).toBeLessThan(ideal + 0.04);
    expect(share).toBeGreaterThan(ideal - 0.1);
    const both = ["plain", "disk"].map((c) => numbers.valueOf("noisy", `correct ${c}:reader`)!);
    expect((both[0]! + both[1]!) / 2).toBeCloseTo(share, 12);
  });
});

describe("segmentation", () => {
  it("is the better the less noise is left, class by class and paired by case", async () => {
    const { numbers, report } = await run({
      task: {
        kind: "segmentation",
        object: { name: "abdomen", options: { size: 64, fovMm: 420, texture: 0 } },
        noise: { name: "gaussian", options: { sigma: 60 } },
      },
      cases: { test: 8, validation: 2, observerTraining: 6, chunk: 4 },
      methods: { ...methods, smooth: { kind: "denoiser", name: "non-local-means" } },
      observers: {
        map: { kind: "segmenter", name: "gaussian-classes", labels: ["liver"] },
        unseen: { kind: "segmenter", name: "filter-discriminant", learnsFrom: "clean" },
      },
      metrics,
      statistics,
    });
    const [before, after] = ["noisy", "smooth"].map((m) => numbers.valueOf(m, "Dice liver:map")!);
    expect(after).toBeGreaterThan(before!);
    expect(numbers.valueOf("noisy", "Dice:map")).toBeCloseTo(before!, 12);
    expect(numbers.valueOf("smooth", "HD95 liver:map")).toBeGreaterThanOrEqual(0);
    const tables = report.sections.flatMap((section) => section.tables ?? []);
    const compared = tables.find(({ name }) => name === "Dice-liver-map")!;
    expect(compared.rows.map((row) => row[0])).toEqual(["noisy", "smooth"]);
    expect(compared.rows[1]![2]).toBeCloseTo(after! - before!, 12);
    expect(tables.map(({ name }) => name)).toContain("Dice-unseen");
  });
});

describe("restoration", () => {
  it("compares metrics alone, by pairs", async () => {
    const { numbers, report } = await run({
      task: {
        kind: "restoration",
        object: { name: "binary-texture", options: { size: 32 } },
        noise: { name: "gaussian", options: { sigma: { from: 0.05, to: 0.2 } } },
      },
      cases: { test: 20, validation: 4, chunk: 10 },
      methods: { ...methods, tv: { kind: "pls-tv", tune: { lambda: [0.05, 0.15, 0.4] } } },
      metrics,
      statistics,
    });
    expect(numbers.valueOf("tv", "rmse")!).toBeLessThan(numbers.valueOf("noisy", "rmse")!);
    // σ is drawn evenly between 0.05 and 0.2, and the error of a noisy image is its σ.
    expect(Math.abs(numbers.valueOf("noisy", "rmse")! - 0.125)).toBeLessThan(0.04);
    const headings = report.sections.map(({ heading }) => heading);
    expect(headings).toContain("Methods compared, case by case");
    expect(headings).not.toContain("Class by class");
  });

  it("trains networks on drawn pairs where noise is not white, in a window of its own", async () => {
    const network = {
      network: { name: "dncnn", options: { depth: 3, width: 8, batchNorm: false } },
      steps: 150,
      batch: 8,
      images: 30,
      patch: 16,
      rate: 0.003,
    };
    const description = {
      task: {
        kind: "restoration",
        object: { name: "water-inserts", options: { size: 32 } },
        noise: { name: "gaussian", options: { sigma: { from: 40, to: 80 } } },
      },
      cases: { test: 8, validation: 4, chunk: 4 },
      methods: { ...methods, learned: { kind: "network", network: "net" } },
      metrics,
      statistics,
    };
    const window = { low: -1000, high: 500 };
    const { numbers } = await run({ ...description, networks: { net: { ...network, window } } });
    const [before, after] = ["noisy", "learned"].map((m) => numbers.valueOf(m, "rmse")!);
    // In HU again, and below the noise: a wrong window or truth would leave errors of hundreds. How far below
    // is a matter of steps; the pairs themselves are held exactly by pair-batches.test.ts.
    expect(after).toBeLessThan(0.8 * before!);
    await expect(run({ ...description, networks: { net: network } })).rejects.toThrow(
      /found images in HU and no window/,
    );
    // The words of `dprime train`: other objects than the task's own, at noise of any level.
    const { object, noise: own } = description.task;
    const source = { kind: "simulated", object, noise: own, count: 6, windows: [window] };
    const data = { sources: [source], level: { from: 0.02, to: 0.06 } };
    const described = await run({
      ...description,
      networks: { net: { ...network, images: 2, window, data } },
    });
    expect(described.numbers.valueOf("learned", "rmse")!).toBeLessThan(0.8 * before!);
    const files = { kind: "files", clean: "ct.nii", licence: "none", windows: [window] };
    await expect(
      run({ ...description, networks: { net: { ...network, data: { sources: [files] } } } }),
    ).rejects.toThrow(/networks.net.data: found .*, wanted simulated sources/);
  });

  it("has no observers", async () => {
    const description = {
      name: "test",
      task: { kind: "restoration", object: flat, noise },
      cases: { test: 2 },
      methods,
      observers: { r: { kind: "trained", name: "npw" } },
      metrics,
      statistics,
    };
    await expect(openStudy(description)).rejects.toThrow(
      /observers\.r\.kind: found trained, which gives scores, wanted one that gives nothing/,
    );
  });
});
