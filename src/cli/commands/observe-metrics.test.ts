import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussianWorld } from "../../../test/worlds/gaussian-world.ts";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { saveImage } from "../../files/files.ts";
import type { Cases } from "../../observers/cases.ts";
import { caseAt } from "../../observers/cases.ts";
import { parseImrmc } from "../../stats/imrmc.ts";
import { sharedData } from "../../../test/shared-data.ts";
import { commandLine } from "../../../test/command-line.ts";

const shared = join(sharedData, "2_paired_dose/lcd_ct_fbp");
const haveShared = existsSync(shared);
if (!haveShared) console.log(`skipped: ${shared} is not there`);

const call = (...words: string[]) => commandLine(words);

interface Result {
  tasks: {
    task: string;
    protocol: string;
    rows: {
      arm: string;
      label: string;
      status: string;
      area?: { estimate: number; status: string; present: number };
    }[];
    differences: { estimate: number; paired: boolean; pValue: number | string }[];
    findings: { name: string; severity: string }[];
  }[];
}

const world = gaussianWorld({ shape: [16, 16], sigma: 2, background: 1, amplitude: 2, width: 2 });
let folder = "";
const at = (name: string) => join(folder, name);

async function saveStack(name: string, cases: Cases): Promise<void> {
  await saveImage(at(name), makeImage(cases.data, [cases.count, ...cases.shape]));
}

async function saveFolder(name: string, cases: Cases, change = (v: number) => v): Promise<void> {
  await mkdir(at(name));
  for (let i = 0; i < cases.count; i++) {
    const id = `case-${String(i).padStart(3, "0")}.npy`;
    await saveImage(join(at(name), id), makeImage(caseAt(cases, i).map(change), cases.shape));
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dprime-observe-"));
  const present = world.draw(60, { present: true, label: "cli" });
  const absent = world.draw(60, { present: false, label: "cli" });
  await saveStack("present.npy", present);
  await saveStack("absent.npy", absent);
  await saveFolder("present", present);
  await saveFolder("absent", absent);
  await saveFolder("present-double", present, (v) => 2 * v);
  await saveFolder("absent-double", absent, (v) => 2 * v);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("dprime observe", () => {
  it("gives the same numbers for stacks and folders", async () => {
    const stacks = await call(
      "observe",
      "--present",
      at("present.npy"),
      "--absent",
      at("absent.npy"),
      "-n",
      "cho",
      "--json",
      "--quiet",
    );
    expect(stacks.code).toBe(0);
    const one = (JSON.parse(stacks.out) as Result).tasks[0]!;
    const folders = await call(
      "observe",
      "--present",
      at("present"),
      "--absent",
      at("absent"),
      "-n",
      "cho",
      "--json",
      "--quiet",
    );
    const two = (JSON.parse(folders.out) as Result).tasks[0]!;
    expect(one.protocol).toBe("hold-out");
    expect(one.rows[0]!.area!.present).toBe(30);
    expect(two.rows[0]!.area!.estimate).toBe(one.rows[0]!.area!.estimate);
  });

  it("compares versions of the same cases, draws, and exports scores that import again", async () => {
    const done = await call(
      "observe",
      "--present",
      at("present"),
      "--absent",
      at("absent"),
      "-n",
      "npw",
      "-n",
      "hotelling:method=svd,cutoff=0.01",
      "--arm",
      `double=${at("present-double")},${at("absent-double")}`,
      "--figure",
      at("auc.svg"),
      "--imrmc",
      at("scores.imrmc"),
      "--json",
      "--quiet",
    );
    expect(done.err).toBe("");
    const task = (JSON.parse(done.out) as Result).tasks[0]!;
    expect(task.rows.map((r) => `${r.arm} ${r.label}`)).toEqual([
      "images npw",
      "images hotelling:method=svd,cutoff=0.01",
      "double npw",
      "double hotelling:method=svd,cutoff=0.01",
    ]);
    // Doubling every value changes no rank.
    for (const d of task.differences) {
      expect(d.paired).toBe(true);
      expect(Math.abs(d.estimate)).toBeLessThan(1e-12);
    }
    const svg = await readFile(at("auc.svg"), "utf8");
    expect(svg).toMatch(/^<svg /);
    expect(svg).toContain("hotelling");
    const study = parseImrmc(await readFile(at("scores.imrmc"), "utf8"));
    expect(study.truth.size).toBe(60);
    expect(study.scores).toHaveLength(60 * 4);
  });

  it("says what is missing, unknown or mismatched, with exit code 2", async () => {
    const cases: [string[], RegExp][] = [
      [["observe"], /found no collection and not both --present and --absent/],
      [
        ["observe", "--present", at("present"), "--absent", at("nowhere")],
        /nowhere: found no such file or folder/,
      ],
      [
        ["observe", "--present", at("present"), "--absent", at("absent"), "-n", "nobody"],
        /found no such observer, wanted one of/,
      ],
      [
        ["observe", "--present", at("present"), "--absent", at("absent"), "-n", "npw:template"],
        /found "template", wanted KEY=VALUE/,
      ],
      [
        [
          "observe",
          "--present",
          at("present"),
          "--absent",
          at("absent"),
          "--arm",
          `x=${at("present.npy")},${at("absent.npy")}`,
        ],
        /wanted the same cases in the same order/,
      ],
      [
        [
          "observe",
          "--present",
          at("present"),
          "--absent",
          at("absent"),
          "--train-present",
          at("present"),
        ],
        /wanted both/,
      ],
    ];
    for (const [words, message] of cases) {
      const { code, err } = await call(...words, "--quiet");
      expect(err).toMatch(message);
      expect(code).toBe(2);
    }
  });

  it("finds training images among the test images and exits with 1", async () => {
    const done = await call(
      "observe",
      "--present",
      at("present"),
      "--absent",
      at("absent"),
      "--train-present",
      at("present.npy"),
      "--train-absent",
      at("absent.npy"),
      "-n",
      "npw",
      "--json",
      "--quiet",
    );
    expect(done.code).toBe(1);
    expect((JSON.parse(done.out) as Result).tasks[0]!.findings).toContainEqual(
      expect.objectContaining({ name: "train-test-overlap", severity: "breach" }),
    );
  });

  it.skipIf(!haveShared)(
    "judges an LCD_CT collection: four inserts by their own contrast and size, three doses",
    async () => {
      const done = await call(
        "observe",
        shared,
        "-n",
        "npw",
        "-n",
        "cho:count=3",
        "--json",
        "--quiet",
      );
      expect(done.code).toBe(0);
      const { tasks } = JSON.parse(done.out) as Result;
      expect(tasks.map((t) => t.task)).toEqual([
        "14 HU, 3.0 mm",
        "7 HU, 5.0 mm",
        "5 HU, 7.0 mm",
        "3 HU, 10.0 mm",
      ]);
      for (const task of tasks) {
        expect([...new Set(task.rows.map((r) => r.arm))]).toEqual([
          "dose 100 %",
          "dose 55 %",
          "dose 10 %",
        ]);
        expect(task.rows.every((r) => r.area!.present === 7)).toBe(true);
        expect(task.differences.every((d) => !d.paired)).toBe(true);
      }
      const withScores = await call(
        "observe",
        shared,
        "-n",
        "npw",
        "--imrmc",
        at("lcd.imrmc"),
        "--quiet",
      );
      expect(withScores.err).toMatch(/wanted one for each image; use the hold-out protocol/);
    },
  );
});

describe("dprime metrics", () => {
  it("compares files and folders and states the settings of every value", async () => {
    const done = await call(
      "metrics",
      at("present-double"),
      at("present"),
      "-m",
      "rmse",
      "-m",
      "ssim:range-factor=2",
      "--data-range",
      "100",
      "--json",
      "--quiet",
    );
    expect(done.err).toBe("");
    const found = JSON.parse(done.out) as {
      rows: { image: string; label: string; value: number; settings: Record<string, unknown> }[];
      summary: { label: string; images: number; mean: number }[];
    };
    expect(found.rows).toHaveLength(120);
    const first = world.draw(1, { present: true, label: "cli" }).data;
    // Doubling leaves a difference of the image itself.
    const want = Math.sqrt(first.reduce((s, v) => s + v * v, 0) / first.length);
    expect(found.rows[0]).toMatchObject({ label: "rmse", value: expect.closeTo(want, 4) });
    expect(found.rows[1]!.settings).toMatchObject({
      dataRange: 100,
      dataRangeFrom: "given",
      clip: "none",
      mask: null,
      variant: { "range-factor": 2 },
    });
    expect(found.summary.map((s) => s.images)).toEqual([60, 60]);
  });

  it("compares radiomic features of two folders by concordance", async () => {
    // Doubled images have the same texture in a fixed number of levels, and twice the mean.
    const ran = await call(
      "metrics",
      at("present"),
      at("present-double"),
      "-m",
      "radiomics",
      "--json",
    );
    expect(ran.code, ran.err).toBe(0);
    const { agreement } = JSON.parse(ran.out) as {
      agreement: { part: string; concordance: { status: string; value: number; n: number } }[];
    };
    const of = (part: string) => agreement.find((row) => row.part === part)!.concordance;
    expect(of("co-occurrence jointEntropy").value).toBeCloseTo(1, 6);
    expect(of("first-order variance").value).toBeLessThan(0.5);
    expect(of("first-order variance").n).toBe(60);
  });

  it("takes a region and says when a folder's image has no reference", async () => {
    const one = join(at("present"), "case-000.npy");
    const two = join(at("absent"), "case-000.npy");
    const done = await call(
      "metrics",
      one,
      two,
      "-m",
      "mae",
      "--roi",
      "disk:8,8,3",
      "--json",
      "--quiet",
    );
    expect(JSON.parse(done.out)).toMatchObject({
      rows: [{ settings: { mask: { name: "disk:8,8,3", voxels: 29 } } }],
    });
    await mkdir(at("lone"));
    await saveImage(join(at("lone"), "stranger.npy"), makeImage(new Float32Array(256), [16, 16]));
    const lone = await call("metrics", at("lone"), at("present"), "--quiet");
    expect(lone.code).toBe(2);
    expect(lone.err).toMatch(/found 1 images without a reference of the same name \(stranger\)/);
    const unknown = await call("metrics", one, two, "-m", "beauty", "--quiet");
    expect(unknown.err).toMatch(/found no such metric, wanted one of/);
  });
});

describe("observe with a signal at unknown places", () => {
  const [n, side, d] = [60, 24, 9];
  const stream = streamOf(31, "search");
  const spot = (x: number, y: number, i: number) =>
    2.5 * Math.exp(-((x - (i % side)) ** 2 + (y - Math.floor(i / side)) ** 2) / 4.5);
  const truth = Array.from({ length: n }, () => ({
    x: 6 + stream.integer(side - 12),
    y: 6 + stream.integer(side - 12),
  }));
  const draw = (signal: (k: number, i: number) => number) =>
    makeImage(
      Float32Array.from(
        { length: n * side * side },
        (_, at) => stream.normal() + signal(Math.floor(at / side ** 2), at % side ** 2),
      ),
      [n, side, side],
    );
  beforeAll(async () => {
    await saveImage(
      at("search-sp.npy"),
      draw((k, i) => spot(truth[k]!.x, truth[k]!.y, i)),
    );
    await saveImage(
      at("search-sa.npy"),
      draw(() => 0),
    );
    // In another order than the images: rows are found by the cases' names.
    const lines = truth.map(({ x, y }, k) => `${k},${x},${y}`).reverse();
    await writeFile(at("truth.csv"), ["case,x,y", ...lines].join("\n"));
    // Six pixels aside, and still far enough from the border for a whole patch.
    const shifted = truth.map(({ x, y }, k) => ({ case: k, x: 6 + (x % (side - 12)), y }));
    await writeFile(at("shifted.json"), JSON.stringify(shifted));
    await writeFile(at("short.csv"), "case,x,y\n0,3,4\n");
    await writeFile(at("broken.csv"), "case,x,y\n0,three,4\n");
    await writeFile(at("corner.csv"), "x,y\n4,4\n");
  });
  const words = (...more: string[]) => [
    "observe",
    "--present",
    at("search-sp.npy"),
    "--absent",
    at("search-sa.npy"),
    "--observer",
    `scanning:side=${d},template=npw`,
    ...more,
  ];
  interface Found {
    tasks: { rows: { area: { estimate: number }; localisation?: { estimate: number } }[] }[];
  }

  it("gives the area under the localisation curve from a table of places", async () => {
    const ran = await call(...words("--places", at("truth.csv"), "--tolerance", "3", "--json"));
    expect(ran.err).toBe("");
    const row = (JSON.parse(ran.out) as Found).tasks[0]!.rows[0]!;
    // ‖s‖ = 2.5 √(2.25π) = 6.6 against unit noise: nearly every spot is found among 256 places.
    expect(row.area.estimate).toBeGreaterThan(0.9);
    expect(row.localisation!.estimate).toBeLessThanOrEqual(row.area.estimate);
    expect(row.localisation!.estimate).toBeGreaterThan(0.9);
    const told = await call(...words("--places", at("truth.csv")));
    expect(told.out).toMatch(/LROC area/);
    const arm = `same=${at("search-sp.npy")},${at("search-sa.npy")}`;
    const compared = await call(...words("--places", at("truth.csv"), "--arm", arm));
    expect(compared.out).toMatch(/same − images .* AUC /);
    expect(compared.out).toMatch(/same − images .* LROC .* paired/);
    const { tasks } = JSON.parse(
      (await call(...words("--places", at("truth.csv"), "--arm", arm, "--json"))).out,
    ) as { tasks: { searchDifferences: { area: string; estimate: number }[] }[] };
    expect(tasks[0]!.searchDifferences).toHaveLength(1);
    expect(tasks[0]!.searchDifferences[0]).toMatchObject({ area: "localisation", estimate: 0 });
  });

  it("knows no signal where the table is wrong, and searches only where it may be", async () => {
    const wrong = await call(...words("--places", at("shifted.json"), "--json"));
    const row = (JSON.parse(wrong.out) as Found).tasks[0]!.rows[0]!;
    expect(row.localisation!.estimate).toBeLessThan(0.3);
    const corner = await call(
      ...words("--places", at("truth.csv"), "--candidates", at("corner.csv"), "--json"),
    );
    const only = (JSON.parse(corner.out) as Found).tasks[0]!.rows[0]!;
    // One candidate, away from every signal: nothing is seen and nothing found.
    expect(Math.abs(only.area.estimate - 0.5)).toBeLessThan(0.3);
    expect(only.localisation!.estimate).toBeLessThan(0.3);
  });

  it("estimates which of a family's signals it sees", async () => {
    const amplitudes = [0.6, 1.2];
    const middle = (i: number) => spot(12, 12, i);
    const which = Array.from({ length: n }, (_, k) => k % 2);
    await saveImage(
      at("family-sp.npy"),
      draw((k, i) => amplitudes[which[k]!]! * middle(i)),
    );
    const rows = Float32Array.from(
      { length: 2 * side * side },
      (_, i) => amplitudes[Math.floor(i / side ** 2)]! * middle(i % side ** 2),
    );
    await saveImage(at("family.npy"), makeImage(rows, [2, side, side]));
    const values = which.map((w, k) => `${k},${amplitudes[w]!}`);
    await writeFile(at("values.csv"), ["case,parameter", ...values].join("\n"));
    const base = ["observe", "--present", at("family-sp.npy"), "--absent", at("search-sa.npy")];
    const more = ["--observer", "signal-family:combine=max", "--sigma", "1", "--family"];
    const known = [...base, ...more, at("family.npy"), "--places", at("values.csv")];
    const ran = await call(...known, "--family-values", "0.6,1.2", "--json");
    expect(ran.err).toBe("");
    const row = (
      JSON.parse(ran.out) as {
        tasks: { rows: { area: { estimate: number }; estimation: { estimate: number } }[] }[];
      }
    ).tasks[0]!.rows[0]!;
    // ‖s₁ − s₀‖/2 = 2 standard deviations: 97.5 % of the estimates are right.
    expect(row.estimation.estimate).toBeGreaterThan(0.85);
    expect(row.estimation.estimate).toBeLessThanOrEqual(row.area.estimate);
    const bad = await call(...known, "--family-values", "0.6");
    expect(bad.err).toMatch(/found 1 numbers, wanted 2/);
    expect(bad.code).toBe(2);
  });

  it("refuses tables that do not fit the images, naming case, line or option", async () => {
    const cases: [string[], RegExp][] = [
      [["--places", at("short.csv")], /no row for the case 1/],
      [["--places", at("broken.csv")], /x = "three" in line 2/],
      [["--places", at("nowhere.csv")], /no such file/],
      [["--places", at("truth.csv"), "--train-places", at("truth.csv")], /--train-present/],
      [["--family-values", "1,2"], /--family/],
    ];
    for (const [more, message] of cases) {
      const ran = await call(...words(...more));
      expect(ran.err).toMatch(message);
      expect(ran.code).toBe(2);
    }
  });
});
