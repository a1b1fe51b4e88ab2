import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussianWorld } from "../../../test/worlds/gaussian-world.ts";
import { makeImage } from "../../core/image.ts";
import { saveImage } from "../../formats/files.ts";
import type { Cases } from "../../observers/cases.ts";
import { caseAt } from "../../observers/cases.ts";
import { parseImrmc } from "../../stats/imrmc.ts";
import { runCommandLine } from "../run.ts";
import { metrics } from "./metrics.ts";
import { observe } from "./observe.ts";

const shared = join(process.env.DPRIME_SHARED ?? "../shared/data", "2_paired_dose/lcd_ct_fbp");
const haveShared = existsSync(shared);
if (!haveShared) console.log(`skipped: ${shared} is not there`);

async function call(...words: string[]) {
  let out = "";
  let err = "";
  const code = await runCommandLine(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    terminal: { isTerminal: false, columns: 80 },
    environment: {},
    signal: new AbortController().signal,
    now: () => 0,
    version: () => "0",
    commands: {
      catalogue: { observe: async () => observe, metrics: async () => metrics },
      summaries: { observe: observe.summary, metrics: metrics.summary },
    },
  });
  return { code, out, err };
}

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
      [["observe"], /found no collection and not both of --present and --absent/],
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
      expect(withScores.err).toMatch(/wanted one for each image; use --protocol hold-out/);
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
