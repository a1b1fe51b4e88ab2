/**
 * Error against contrast kept: denoisers, their lesion-preserving forms, blends, blurs and Wiener filters.
 *
 *   npx tsx bench/lesion-frontier.ts uniform [scans per class = 40] [dose = 1] [--figure FILE.svg] [--json FILE]
 *   npx tsx bench/lesion-frontier.ts figure FILE.json FILE.svg
 *   npx tsx bench/lesion-frontier.ts structure [people = 2] [dose = 0.15]
 *   npx tsx bench/lesion-frontier.ts share
 *   npx tsx bench/lesion-frontier.ts --smoke
 *
 * `uniform`: the low-contrast module of tools/long/low-contrast.ts (3 mm 14 HU, 5 mm 7 HU, 7 mm 5 HU, 10 mm 3 HU),
 * scanned with and without its inserts; contrast kept with Fieller's interval, paired on the same scans, and d' of a
 * channelised Hotelling observer with five Laguerre–Gauss channels, unbiased, without and with internal noise (of
 * each channel's variance on the noisy images). `structure`: the abdomen phantom, error in flat areas and at edges.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { makeImage, type Image } from "../src/core/image.ts";
import { catalogue } from "../src/denoise/catalogue.ts";
import { loadDenoisingModel } from "../src/inference/files.ts";
import { openDenoisingModel } from "../src/inference/denoising-model.ts";
import { learnedDenoiser } from "../src/inference/learned-denoiser.ts";
import { casesOf } from "../src/observers/index.ts";
import { channelOutputs } from "../src/observers/channels/channel-set.ts";
import { laguerreGauss } from "../src/observers/channels/laguerre-gauss.ts";
import { contrastKept } from "../src/observers/contrast-kept.ts";
import { sampleCovariance } from "../src/stats/placements.ts";
import { insertsOf } from "../src/phantoms/water-inserts.ts";
import { choDetectability } from "../src/stats/detectability.ts";
import { simulate } from "../src/workflows/simulate.ts";
import { edgesOf } from "./real-noise/abdomen.ts";
import {
  caseOf,
  half,
  parameters,
  pixel,
  reconstruct,
  region,
  scan,
  sinogramOf,
} from "../tools/long/low-contrast.ts";
import { blurs, type Filter, filtersFor, pass, type Row, rowsFor } from "./lesion-frontier/rows.ts";
import { internalD } from "./lesion-frontier/internal-noise.ts";
import { noisePowerOf } from "./lesion-frontier/noise-power.ts";
import { printShares } from "./lesion-frontier/share.ts";
import { frontierFigure } from "./lesion-frontier/figure.ts";

const side = 161;
const keeps = [3, 5, 7, 10];

type Run = (image: Image, sigma: number) => Promise<Float32Array>;

/** Denoisers by name; `NAME=PATH.onnx` is a model file. */
async function open(names: readonly string[]): Promise<Map<string, Run>> {
  const runs = new Map<string, Run>();
  for (const name of names) {
    const [label, path] = name.split("=") as [string, string?];
    const denoiser = Object.hasOwn(catalogue, label)
      ? await catalogue[label as keyof typeof catalogue]()
      : learnedDenoiser(
          path === undefined
            ? await loadDenoisingModel(label, { threads: 1 })
            : await openDenoisingModel(readFileSync(path), { threads: 1 }),
        );
    runs.set(label, async (image, sigma) => (await denoiser.denoise(image, {}, { sigma })).data);
  }
  return runs;
}

export interface Figures {
  readonly name: string;
  readonly family: string;
  readonly rmse: number;
  readonly kept: readonly { estimate: number; lower: number; upper: number }[];
  readonly d: readonly number[];
  readonly dInternal: readonly number[];
}

async function uniform(
  perClass: number,
  { dose, denoisers, tested }: { dose: number; denoisers: readonly string[]; tested?: boolean },
): Promise<Figures[]> {
  const inserts = insertsOf(parameters);
  const sinogram = sinogramOf(false);
  const empty = reconstruct(sinogram, side);
  const full = reconstruct(sinogramOf(true), side);
  const difference = full.map((v, i) => v - empty[i]!);
  const noiseOf = (k: number) => {
    const image = scan(sinogram, { dose, name: ["power", k], side });
    return Float64Array.from(image, (v, i) => v - empty[i]!);
  };
  const noises = Array.from({ length: tested ? 2 : 12 }, (_, k) => noiseOf(k));
  const filters = filtersFor(tested ? [5] : keeps, noisePowerOf(noises, { side, pixelMm: pixel }));
  filters.set("blur", blurs(tested ? [1.5] : [1, 1.5, 2, 3], pixel));
  const rows = rowsFor(
    denoisers.map((name) => name.split("=")[0]!),
    filters,
  );
  const runs = await open(denoisers);
  const sigma = Math.sqrt(noises[0]!.reduce((s, v) => s + v * v, 0) / side ** 2);
  const found = rows.map(() => ({
    square: 0,
    regions: inserts.map(() => ({ present: [] as Image[], absent: [] as Image[] })),
  }));
  for (let k = 0; k < 2 * perClass; k++) {
    const present = k % 2 === 0;
    const image = scan(sinogram, { dose, name: ["frontier", k], side });
    const noisy = present ? image.map((v, i) => v + difference[i]!) : image;
    const truth = present ? full : empty;
    const input = makeImage(noisy, [side, side], { spacing: [1, pixel, pixel], unit: "HU" });
    const denoised = new Map<string, Float32Array>();
    for (const [name, run] of runs) denoised.set(name, await run(input, sigma));
    const passes = new Map<string, Float64Array>();
    const passed = (filter: Filter, of: string) => {
      const key = `${of}: ${filter.name}`;
      const values = of === "noisy" ? noisy : denoised.get(of)!;
      if (!passes.has(key)) passes.set(key, pass(values, filter, { side, pixelMm: pixel }));
      return passes.get(key)!;
    };
    rows.forEach((row, r) => {
      const out = Float32Array.from(row.of({ noisy, denoised, passed }));
      let [square, count] = [0, 0];
      out.forEach((v, i) => {
        if (Math.hypot((i % side) - 80, Math.floor(i / side) - 80) >= 75) return;
        square += (v - truth[i]!) ** 2;
        count++;
      });
      found[r]!.square += square / count / (2 * perClass);
      inserts.forEach((insert, n) =>
        found[r]!.regions[n]![present ? "present" : "absent"].push(
          caseOf(region(out, insert, side)),
        ),
      );
    });
    if (k % 10 === 9) console.error(`${k + 1} of ${2 * perClass} scans`);
  }
  return figuresOf(rows, found, { inserts, difference });
}

function figuresOf(
  rows: readonly Row[],
  found: readonly {
    square: number;
    regions: readonly { present: Image[]; absent: Image[] }[];
  }[],
  { inserts, difference }: { inserts: ReturnType<typeof insertsOf>; difference: Float32Array },
): Figures[] {
  const before = found[0]!.regions.map(({ present, absent }) => ({
    present: casesOf(present),
    absent: casesOf(absent),
  }));
  const channels = inserts.map((insert) =>
    laguerreGauss([2 * half + 1, 2 * half + 1], {
      count: 5,
      width: (2 / 3) * (insert.diameterMm / pixel),
      centre: [half, half],
    }),
  );
  const templates = inserts.map((insert) =>
    Float64Array.from(caseOf(region(difference, insert, side)).data),
  );
  const outputsOf = (n: number, cases: (typeof before)[number]) => ({
    present: channelOutputs(channels[n]!, cases.present),
    absent: channelOutputs(channels[n]!, cases.absent),
    channels: channels[n]!.count,
  });
  const internal = before.map((cases, n) => {
    const { absent, channels: p } = outputsOf(n, cases);
    return Array.from({ length: p }, (_, c) => {
      const column = absent.filter((_, i) => i % p === c);
      return sampleCovariance(column, column);
    });
  });
  return rows.map((row, r) => {
    const cases = found[r]!.regions.map(({ present, absent }) => ({
      present: casesOf(present),
      absent: casesOf(absent),
    }));
    return {
      name: row.name,
      family: row.family,
      rmse: Math.sqrt(found[r]!.square),
      kept: cases.map((after, n) => {
        const { estimate, interval } = contrastKept(templates[n]!, { before: before[n]!, after });
        return { estimate, lower: interval.lower, upper: interval.upper };
      }),
      d: cases.map((after, n) => {
        try {
          return choDetectability(outputsOf(n, after)).estimate;
        } catch {
          return NaN;
        }
      }),
      dInternal: cases.map((after, n) => internalD(outputsOf(n, after), internal[n]!)),
    };
  });
}

function print(rows: readonly Figures[]): void {
  console.log(
    "| method | RMSE (HU) | contrast kept, 3 / 5 / 7 / 10 mm | d' | d' with internal noise |\n|---|---|---|---|---|",
  );
  // JSON has no NaN: what could not be measured comes back as null.
  const list = (values: readonly (number | null)[]) =>
    values.map((v) => (v === null || Number.isNaN(v) ? "–" : v.toFixed(2))).join(" / ");
  for (const { name, rmse, kept, d, dInternal } of [...rows].sort((a, b) => b.rmse - a.rmse)) {
    const shares = kept
      .map((k) => `${k.estimate.toFixed(2)} (${k.lower.toFixed(2)} … ${k.upper.toFixed(2)})`)
      .join(" / ");
    console.log(`| ${name} | ${rmse.toFixed(2)} | ${shares} | ${list(d)} | ${list(dInternal)} |`);
  }
}

/** Error in HU in flat areas, within 2 px of gradients above 15 HU a pixel, and in all of the body. */
async function structure(
  people: number,
  { dose, denoisers, size }: { dose: number; denoisers: readonly string[]; size: number },
): Promise<void> {
  const runs = await open(denoisers);
  const kernels = size < 200 ? (["hann"] as const) : (["hann", "ram-lak"] as const);
  for (const kernel of kernels) {
    const errors = new Map<string, number[][]>();
    for await (const one of simulate("abdomen+ct-fan", {
      count: people,
      seed: 77,
      dose,
      phantomParameters: { size },
      parameters: { kernel },
    })) {
      const reference = one.reference!;
      const truth = reference.data;
      const [n, pixelMm] = [reference.shape.at(-1)!, reference.spacing[2]];
      const edge = edgesOf(truth, n);
      let [square, count] = [0, 0];
      truth.forEach((v, i) => {
        if (v < -150 || v > 200 || edge[i] === 1) return;
        square += (one.noisy.data[i]! - v) ** 2;
        count++;
      });
      const sigma = Math.sqrt(square / count);
      const clip = (v: number) => Math.min(240, Math.max(-160, v));
      const score = (name: string, values: ArrayLike<number>) => {
        const sums = [0, 0, 0, 0];
        truth.forEach((t, i) => {
          if (t < -200) return;
          const at = 2 * edge[i]!;
          sums[at]! += (clip(values[i]!) - clip(t)) ** 2;
          sums[at + 1]!++;
        });
        const [f, fn, e, en] = sums as [number, number, number, number];
        const row = [f / fn, e / en, (f + e) / (fn + en)].map(Math.sqrt);
        errors.set(name, [...(errors.get(name) ?? []), row]);
      };
      score("none", one.noisy.data);
      const bands = filtersFor([3, 5, 7], () => 1).get("flat-top")!;
      const plane = { side: n, pixelMm };
      for (const filter of [...bands, ...blurs([1, 1.5, 2], pixelMm)]) {
        score(`${filter.name} alone`, pass(one.noisy.data, filter, plane));
      }
      for (const [name, run] of runs) {
        const f = await run(one.noisy, sigma);
        score(name, f);
        for (const filter of bands) {
          const rest = pass(
            one.noisy.data.map((g, i) => g - f[i]!),
            filter,
            plane,
          );
          score(
            `${name}, ${filter.name}`,
            f.map((v, i) => v + rest[i]!),
          );
        }
      }
      console.error(`${kernel}: person ${one.number}, noise ${sigma.toFixed(1)} HU, ${pixelMm} mm`);
    }
    console.log(`| ${kernel} | flat | edges | all |\n|---|---|---|---|`);
    for (const [name, rows] of errors) {
      const mean = [0, 1, 2].map((k) => rows.reduce((s, row) => s + row[k]!, 0) / rows.length);
      console.log(`| ${name} | ${mean.map((v) => v.toFixed(2)).join(" | ")} |`);
    }
  }
}

const words = process.argv.slice(2);
const option = (name: string) => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
};
const [figure, json, methods] = [option("--figure"), option("--json"), option("--methods")];
const denoisers = methods?.split(",") ?? [
  "non-local-means",
  "bm3d",
  "total-variation",
  "drunet-light",
];
const [what, count, dose] = words;
if (words.includes("--smoke")) {
  print(await uniform(4, { dose: 1, denoisers: ["median"], tested: true }));
  await structure(1, { dose: 0.15, denoisers: ["median"], size: 96 });
} else if (what === "uniform") {
  const rows = await uniform(Number(count ?? 40), { dose: Number(dose ?? 1), denoisers });
  if (json !== undefined) writeFileSync(json, JSON.stringify(rows, null, 1));
  if (figure !== undefined) writeFileSync(figure, frontierFigure(rows));
  print(rows);
} else if (what === "figure") {
  const rows = JSON.parse(readFileSync(count!, "utf8")) as Figures[];
  writeFileSync(dose!, frontierFigure(rows));
  print(rows);
} else if (what === "share") printShares([0.645, 0.8]);
else if (what === "structure") {
  await structure(Number(count ?? 2), { dose: Number(dose ?? 0.15), denoisers, size: 512 });
} else console.error("usage: lesion-frontier.ts uniform | structure | share | --smoke");
process.exit(0);
