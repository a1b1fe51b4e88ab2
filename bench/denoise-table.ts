/**
 * Every denoiser of the catalogue on CT, MRI, ultrasound and X-ray images at three noise levels: PSNR,
 * SSIM, time and memory, as Markdown for docs/benchmarks.md. Parameters are tuned on one image of the kind
 * and measured on another: each numeric parameter is tried at half and double of its default (at 0.5, 1 and
 * 2 where it has none), and the best value kept, one parameter after the other. A search ends after
 * `--budget` seconds of CPU, which the table says.
 *
 * Images are not in the repository: DPRIME_SHARED names the folder whose data/ holds them.
 * Noise of the denoiser's own kind is added to the images, which are taken as truth: their own noise makes
 * all PSNR values a little pessimistic, alike for all methods. Methods are comparable within a kind of noise.
 *
 * A run of a quarter of an hour that is broken off goes on where it was with `--keep=FILE`, which holds the
 * finished rows; the same file collects runs of one modality or method after another.
 *
 *   npx tsx bench/denoise-table.ts [--size=96] [--budget=1.5] [--only=NAME,…] [--modality=CT,…] [--keep=FILE]
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { type Image, makeImage, rangeOf } from "../src/core/image.ts";
import type { ParameterTable } from "../src/core/parameters.ts";
import { streamOf } from "../src/core/random.ts";
import { catalogue } from "../src/denoise/catalogue.ts";
import type { Denoiser, NoiseKind } from "../src/denoise/denoiser.ts";
import { findDenoiser } from "../src/denoise/find-denoiser.ts";
import { psnr } from "../src/metrics/psnr.ts";
import { ssim } from "../src/metrics/ssim.ts";
import {
  caseOf,
  forSeries,
  frames,
  kindOf,
  levels,
  modalities,
  noisy,
  option,
  planesOf,
  run,
  size,
  speckleLevels,
} from "./denoise-table/cases.ts";

const budget = Number(option("budget") ?? 1.5);
const memoryOf = option("memory");
const only = option("only")?.split(",");
const wanted = option("modality")?.split(",");
const keep = option("keep");
/** Wrapped denoisers beside the members of the catalogue. */
const wrapped = [
  "anscombe+wavelet-shrinkage",
  "anscombe+non-local-means",
  "anscombe+bm3d",
  "rician+bm3d",
  "homomorphic+non-local-means",
];
const kinds: readonly NoiseKind[] = [
  "gaussian",
  "rician",
  "speckle",
  "poisson-gaussian",
  "impulse",
];
const kindNames: Readonly<Record<string, string>> = {
  gaussian: "white Gaussian",
  rician: "Rician",
  speckle: "speckle",
  "poisson-gaussian": "counts and Gaussian",
  impulse: "salt and pepper",
};

function decibels(a: Image, b: Image): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
  return -10 * Math.log10(sum / a.data.length);
}

/** CPU time so far: other work on the machine counts less than in wall time. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** One round over every numeric parameter; ends early when the budget is spent. */
async function tuned(
  denoiser: Denoiser,
  truth: Image,
): Promise<{ values: Record<string, number>; cut: boolean }> {
  const input = caseOf(denoiser, truth, levels[1]!);
  const end = cpuSeconds() + budget;
  let best: Record<string, number> = {};
  let cut = false;
  const score = async (parameters: Record<string, number>) =>
    decibels(await run(denoiser, input, parameters), truth);
  let value = await score(best);
  for (const [name, parameter] of Object.entries(denoiser.parameters satisfies ParameterTable)) {
    if (parameter.type !== "number" && parameter.type !== "integer") continue;
    // What bounds the work, seeds it or describes the noise is no knob of quality.
    if (/iterations|tolerance|seed|rounds|agents|gain|offset|spins|step|search/i.test(name))
      continue;
    const start = typeof parameter.default === "number" ? parameter.default : 1;
    const trials = parameter.default === undefined ? [0.5, 1, 2] : [0.5 * start, 2 * start];
    for (const wish of trials) {
      if (cpuSeconds() > end) {
        cut = true;
        break;
      }
      const inside = Math.min(parameter.max, Math.max(parameter.min, wish));
      const trial: number = parameter.type === "integer" ? Math.round(inside) : inside;
      if (trial === parameter.default) continue;
      const next = { ...best, [name]: trial };
      // Some sizes exclude each other: such a trial is no candidate.
      const found = await score(next).catch(() => -Infinity);
      if (found > value) {
        value = found;
        best = next;
      }
    }
  }
  return { values: best, cut };
}

/** Peak memory in bytes that one run adds to a fresh process. */
function peakMemory(name: string): number | undefined {
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, process.argv[1]!, `--memory=${name}`, `--size=${size}`],
    { encoding: "utf8" },
  );
  const bytes = Number(child.stdout.trim());
  return child.status === 0 && Number.isFinite(bytes) ? bytes : undefined;
}

/** The child's side of `peakMemory`; memory hardly depends on the image's content. */
async function reportMemory(name: string): Promise<void> {
  const stream = streamOf(11, "denoise-table", "memory");
  const truth = makeImage(
    Float32Array.from({ length: size * size }, (_, i) => 0.2 + 0.5 * stream.uniform() * (i % 2)),
    [size, size],
    { unit: "normalised" },
  );
  const denoiser = await findDenoiser(name);
  const input = caseOf(denoiser, truth, levels[1]!);
  const before = process.memoryUsage().rss;
  await run(denoiser, input, {});
  console.log(String(process.resourceUsage().maxRSS * 1024 - before));
}

/** What one method did on the images of one modality. */
interface Row {
  readonly kind: NoiseKind;
  readonly modality: string;
  readonly method: string;
  /** At each level of noise. */
  readonly psnr: readonly number[];
  readonly ssim: readonly number[];
  readonly finite: boolean;
  /** Absent for the noisy image itself. */
  readonly seconds?: number;
  readonly memory?: number;
  readonly tuned?: string;
}

const noisyName = "*noisy*";
const keyOf = (row: Pick<Row, "kind" | "modality" | "method">) =>
  `${size} ${budget} ${row.kind} ${row.modality} ${row.method}`;

function keptRows(): Map<string, Row> {
  if (keep === undefined || !existsSync(keep)) return new Map();
  const lines = readFileSync(keep, "utf8").trim().split("\n");
  return new Map(lines.map((line) => JSON.parse(line) as [string, Row]));
}

function measured(results: readonly Image[], truth: Image): Pick<Row, "psnr" | "ssim" | "finite"> {
  const context = { reference: truth, dataRange: 1 };
  const numbers = (metric: typeof psnr) =>
    results.map((image) => {
      const found = metric.measure(image, context);
      return found.status === "ok" ? found.value : NaN;
    });
  const finite = results.every((image) => rangeOf(image.data).nonFinite === 0);
  return { psnr: numbers(psnr), ssim: numbers(ssim), finite };
}

async function rowsOf(names: readonly string[]): Promise<Row[]> {
  const rows = keptRows();
  const add = (row: Row) => {
    rows.set(keyOf(row), row);
    if (keep !== undefined) appendFileSync(keep, `${JSON.stringify([keyOf(row), row])}\n`);
  };
  for (const [modality, folders] of Object.entries(modalities)) {
    if (wanted && !wanted.includes(modality)) continue;
    const [train, test] = await planesOf(folders);
    if (!train || !test) {
      console.error(`skipped ${modality}: fewer than two images`);
      continue;
    }
    for (const method of names) {
      const denoiser = await findDenoiser(method);
      const kind = kindOf(denoiser);
      if (!rows.has(keyOf({ kind, modality, method: noisyName }))) {
        const before = levels.map((level) => noisy(kind, test, level).image);
        add({ kind, modality, method: noisyName, ...measured(before, test) });
      }
      if (rows.has(keyOf({ kind, modality, method }))) continue;
      console.error(`${modality}, ${kind}: ${method}`);
      try {
        const { values, cut } = await tuned(denoiser, train);
        const results: Image[] = [];
        const start = cpuSeconds();
        for (const level of levels) {
          results.push(await run(denoiser, caseOf(denoiser, test, level), values));
        }
        const seconds = (cpuSeconds() - start) / levels.length;
        const known = [...rows.values()].find((row) => row.method === method)?.memory;
        const words = Object.entries(values)
          .map(([key, value]) => `${key} ${Number(value.toPrecision(3))}`)
          .concat(cut ? ["×"] : []);
        add({
          kind,
          modality,
          method,
          ...measured(results, test),
          seconds,
          memory: known ?? peakMemory(method),
          tuned: words.join(", "),
        });
      } catch (error) {
        console.error(`skipped ${method} on ${modality}: ${String(error)}`);
      }
    }
  }
  return [...rows.values()];
}

/** Best methods by PSNR for each kind of noise, image and level. */
function printBest(rows: readonly Row[]): void {
  console.log("### Best by PSNR\n");
  console.log(`Of the methods that see one image. Runners-up lie within 0.2 dB.\n`);
  console.log("| noise | image | low | middle | high |");
  console.log("|---|---|---|---|---|");
  for (const kind of kinds) {
    for (const modality of Object.keys(modalities)) {
      const members = rows.filter(
        (row) =>
          row.kind === kind &&
          row.modality === modality &&
          row.method !== noisyName &&
          !forSeries.includes(row.method),
      );
      if (members.length === 0) continue;
      const cells = levels.map((_, l) => {
        const sorted = [...members].sort((a, b) => b.psnr[l]! - a.psnr[l]!);
        const best = sorted[0]!;
        const near = sorted.slice(1).filter((row) => row.psnr[l]! > best.psnr[l]! - 0.2);
        const others = near.length > 0 ? `; ${near.map((row) => row.method).join(", ")}` : "";
        return `**${best.method}** ${best.psnr[l]!.toFixed(2)}${others}`;
      });
      console.log(`| ${kindNames[kind]} | ${modality} | ${cells.join(" | ")} |`);
    }
  }
  console.log("");
}

/** All methods on one modality, best first at the middle level; the best at each level in bold. */
function printRows(rows: readonly Row[]): void {
  const own = rows.filter((row) => row.seconds !== undefined && !forSeries.includes(row.method));
  const sorted = [...rows].sort((a, b) =>
    a.method === noisyName ? -1 : b.method === noisyName ? 1 : b.psnr[1]! - a.psnr[1]!,
  );
  const list = (row: Row, values: (one: Row) => readonly number[], digits: number) =>
    values(row)
      .map((value, l) => {
        const text = Number.isFinite(value) ? value.toFixed(digits) : "–";
        const best = own.length > 1 && own.every((other) => values(other)[l]! <= value);
        return best && own.includes(row) ? `**${text}**` : text;
      })
      .join(" / ");
  for (const row of sorted) {
    const cells = [
      row.modality,
      `${row.method}${forSeries.includes(row.method) ? " †" : ""}${row.finite ? "" : " (not finite!)"}`,
      list(row, (one) => one.psnr, 2),
      list(row, (one) => one.ssim, 3),
      row.seconds?.toFixed(2) ?? "",
      row.memory === undefined ? "" : String(Math.max(0, Math.round(row.memory / 2 ** 20))),
      row.tuned ?? "",
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

async function main(): Promise<void> {
  const names = only ?? [...Object.keys(catalogue), ...wrapped];
  const rows = await rowsOf(names);
  console.log(
    `${size} × ${size} px from the middle of clinical images, one thread, seed 11. PSNR with peak 1 and SSIM with data range 1 at three noise levels, low / middle / high: ${levels.join(" / ")} of the window (speckle: ${speckleLevels.join(" / ")} of the signal; counts: standard deviation at white, a quarter of it Gaussian; salt and pepper: share of either). Methods stand in the order of their PSNR at the middle level, the best value at each level in bold. s: seconds of CPU per image; MiB: peak that one image adds to a fresh process. Tuned: parameters that another image of the kind, at the middle level, set apart from their defaults; × where the search was cut at ${budget} s of CPU. † sees ${frames} images of the scene, each with noise of its own, and is not compared with the others.\n`,
  );
  printBest(rows);
  for (const kind of kinds) {
    if (!rows.some((row) => row.kind === kind)) continue;
    console.log(`### Noise: ${kindNames[kind]}\n`);
    console.log("| image | method | PSNR (dB) | SSIM | s | MiB | tuned |");
    console.log("|---|---|---|---|---|---|---|");
    for (const modality of Object.keys(modalities)) {
      printRows(rows.filter((row) => row.kind === kind && row.modality === modality));
    }
    console.log("");
  }
}

if (memoryOf === undefined) await main();
else await reportMemory(memoryOf);
