/**
 * Why published areas of LCD_CT lie above ours: the estimate, or the images?
 *
 *   npx tsx tools/long/low-contrast-protocols.ts
 *
 * 1. The estimate: normal channel outputs of known d', through the published protocol (half of the cases teach the
 *    observer, the other half are judged, ten random halves, no correction), through resubstitution, and through ours.
 * 2. The images: a template that saw none of the judged images with inserts. Its signal is our noise-free one, its
 *    covariance that of LCD_CT's images without inserts. Its d' on LCD_CT's images (seven a class and dose, read from
 *    ../shared/data or DPRIME_SHARED) beside what our study and the published areas say.
 */
import { join } from "node:path";
import { streamOf } from "../../src/core/random.ts";
import { openLcdCt } from "../../src/files/index.ts";
import { cholesky, choleskySolve } from "../../src/math/cholesky.ts";
import { casesOf } from "../../src/observers/index.ts";
import { channelOutputs } from "../../src/observers/channels/channel-set.ts";
import { laguerreGauss } from "../../src/observers/channels/laguerre-gauss.ts";
import { insertsOf } from "../../src/phantoms/water-inserts.ts";
import { choDetectability } from "../../src/stats/detectability.ts";
import {
  caseOf,
  half,
  parameters,
  pixel,
  reconstruct,
  region,
  sinogramOf,
} from "./low-contrast.ts";

const channels = 5;
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);

/** Template S⁻¹ Δ of two classes of outputs, cases row by row. */
function templateOf(
  present: readonly Float64Array[],
  absent: readonly Float64Array[],
): Float64Array {
  const mean = (of: readonly Float64Array[]) =>
    Float64Array.from(
      { length: channels },
      (_, c) => of.reduce((s, v) => s + v[c]!, 0) / of.length,
    );
  const [a, b] = [mean(present), mean(absent)];
  return solve(
    covarianceOf([present, absent]),
    a.map((v, c) => v - b[c]!),
  );
}

function covarianceOf(classes: readonly (readonly Float64Array[])[]): Float64Array {
  const s = new Float64Array(channels * channels);
  let degrees = 0;
  for (const cases of classes) {
    degrees += cases.length - 1;
    for (let i = 0; i < channels; i++) {
      for (let j = 0; j < channels; j++) {
        const mi = cases.reduce((sum, v) => sum + v[i]!, 0) / cases.length;
        const mj = cases.reduce((sum, v) => sum + v[j]!, 0) / cases.length;
        for (const v of cases) s[i * channels + j]! += (v[i]! - mi) * (v[j]! - mj);
      }
    }
  }
  return s.map((v) => v / degrees);
}

function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const found = cholesky(matrix, channels);
  if (!("factor" in found) || found.factor === undefined) throw new Error("covariance is singular");
  return choleskySolve(found.factor, right);
}

function areaOf(present: readonly number[], absent: readonly number[]): number {
  let wins = 0;
  for (const a of present) for (const b of absent) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / present.length / absent.length;
}

/** Φ by its integral: enough digits for a table. */
function normalCdf(x: number): number {
  let sum = 0;
  const step = 0.001;
  for (let t = -8; t < x; t += step) sum += Math.exp(-((t + step / 2) ** 2) / 2) * step;
  return sum / Math.sqrt(2 * Math.PI);
}

/** Mean areas of the protocols over studies of normal outputs. */
function estimates(d: number, perClass: number, studies: number) {
  const sums = { halves: 0, resubstitution: 0, ours: 0 };
  for (let study = 0; study < studies; study++) {
    const stream = streamOf(20_261_206, "protocol", Math.round(1000 * d), perClass, study);
    const draw = (shift: number) =>
      Array.from({ length: perClass }, () =>
        Float64Array.from({ length: channels }, (_, c) => stream.normal() + (c === 0 ? shift : 0)),
      );
    const [present, absent] = [draw(d), draw(0)];
    const judged = (w: Float64Array, a: readonly Float64Array[], b: readonly Float64Array[]) =>
      areaOf(
        a.map((v) => dot(w, v)),
        b.map((v) => dot(w, v)),
      );
    sums.resubstitution += judged(templateOf(present, absent), present, absent) / studies;
    for (let split = 0; split < 10; split++) {
      const order = Array.from({ length: perClass }, (_, i) => [stream.uniform(), i] as const)
        .sort(([a], [b]) => a - b)
        .map(([, i]) => i);
      const middle = Math.floor(perClass / 2);
      const [teach, judge] = [order.slice(0, middle), order.slice(middle)];
      const w = templateOf(
        teach.map((i) => present[i]!),
        teach.map((i) => absent[i]!),
      );
      sums.halves +=
        judged(
          w,
          judge.map((i) => present[i]!),
          judge.map((i) => absent[i]!),
        ) /
        studies /
        10;
    }
    const flat = (of: readonly Float64Array[]) =>
      Float64Array.from(of.flatMap((v) => Array.from(v)));
    const ours = choDetectability({ present: flat(present), absent: flat(absent), channels });
    sums.ours += normalCdf(ours.estimate / Math.SQRT2) / studies;
  }
  return sums;
}

console.log(
  "| true d' (area) | cases a class | random halves, ten times | resubstitution | ours |\n|---|---|---|---|---|",
);
for (const [d, perClass] of [
  [1.55, 7],
  [1.55, 100],
  [1.55, 200],
  [3.07, 200],
] as const) {
  if (perClass < 2 * channels) {
    console.log(
      `| ${d} (${normalCdf(d / Math.SQRT2).toFixed(3)}) | ${perClass} | no: halves hold fewer cases than channels | – | – |`,
    );
    continue;
  }
  const { halves, resubstitution, ours } = estimates(d, perClass, perClass > 100 ? 40 : 80);
  console.log(
    `| ${d} (${normalCdf(d / Math.SQRT2).toFixed(3)}) | ${perClass} | ${halves.toFixed(3)} | ${resubstitution.toFixed(3)} | ${ours.toFixed(3)} |`,
  );
}

const shared = process.env.DPRIME_SHARED ?? join(import.meta.dirname, "../../../shared");
const collection = await openLcdCt(join(shared, "data/2_paired_dose/lcd_ct_fbp"));
const inserts = insertsOf(parameters);
const side = 256;
const empty = reconstruct(sinogramOf(false), side);
const full = reconstruct(sinogramOf(true), side);
const difference = full.map((v, i) => v - empty[i]!);
const doses = [...new Set(collection.cases.map(({ dose }) => dose))].sort((a, b) => a - b);
const images = await Promise.all(
  collection.cases.map(async (one) => ({
    dose: one.dose,
    present: one.signalPresent,
    data: (await collection.load(one)).data,
  })),
);

/** Published areas at 10, 55 and 100 %, large set, and ours (docs/low-dose-ct.md), as d'. */
const stated: Readonly<Record<number, { published: readonly number[]; ours: readonly number[] }>> =
  {
    10: { published: [0.742, 1.812, 2.326], ours: [0.192, 0.862, 1.46] },
    7: { published: [1.092, 2.562, 3.069], ours: [0.286, 1.059, 1.547] },
  };
console.log(
  "\n| insert | dose | d' on LCD_CT's images ± s.e. | our study | published | contrast in the images, share of ours |\n|---|---|---|---|---|---|",
);
const pooled = { ours: 0, published: 0, weight: 0 };
for (const insert of inserts) {
  const set = laguerreGauss([2 * half + 1, 2 * half + 1], {
    count: channels,
    width: (2 / 3) * (insert.diameterMm / pixel),
    centre: [half, half],
  });
  const outputsOf = (data: Float32Array, place: typeof insert) =>
    channelOutputs(set, casesOf([caseOf(region(data, place, side))]));
  const signal = outputsOf(difference, insert);
  for (const [n, dose] of doses.entries()) {
    const own = images.filter((one) => one.dose === dose);
    const absent = own.filter(({ present }) => !present);
    // The four places are alike without inserts: 28 outputs for five channels.
    const noise = absent.flatMap(({ data }) => inserts.map((place) => outputsOf(data, place)));
    const w = solve(covarianceOf([noise]), signal);
    const scores = noise.map((v) => dot(w, v));
    const level = scores.reduce((a, b) => a + b, 0) / scores.length;
    const sd = Math.sqrt(scores.reduce((a, v) => a + (v - level) ** 2, 0) / (scores.length - 1));
    const seen = own
      .filter(({ present }) => present)
      .map(({ data }) => dot(w, outputsOf(data, insert)));
    const shift = seen.reduce((a, b) => a + b, 0) / seen.length - level;
    const d = shift / sd;
    const se = Math.sqrt(1 / seen.length + 1 / scores.length + d ** 2 / (2 * (scores.length - 1)));
    const said = stated[insert.diameterMm];
    console.log(
      `| ${insert.diameterMm} mm, ${insert.contrastHU} HU | ${Math.round(100 * dose)} % | ${d.toFixed(2)} ± ${se.toFixed(2)} | ${said?.ours[n]?.toFixed(2) ?? "–"} | ${said?.published[n]?.toFixed(2) ?? "–"} | ${(shift / dot(w, signal)).toFixed(2)} ± ${((sd * Math.sqrt(1 / seen.length + 1 / scores.length)) / dot(w, signal)).toFixed(2)} |`,
    );
    if (said === undefined) continue;
    pooled.weight += 1 / se ** 2;
    pooled.ours += (d - said.ours[n]!) / se ** 2;
    pooled.published += (d - said.published[n]!) / se ** 2;
  }
}
const error = 1 / Math.sqrt(pooled.weight);
console.log(
  `\n7 and 10 mm at all doses: ${(pooled.ours / pooled.weight).toFixed(2)} ± ${error.toFixed(2)} above our study, ${(pooled.published / pooled.weight).toFixed(2)} ± ${error.toFixed(2)} from the published areas.`,
);
process.exit(0);
