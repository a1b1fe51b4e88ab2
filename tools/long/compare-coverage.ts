/**
 * How often intervals of `compare` hold what is true, on drawn series where that is known in closed form: white noise on
 * a flat body at three doses, left as it is and after a 3 × 3 mean. With channels U and filter F,
 *
 *   d'² = Δᵀ K⁻¹ Δ,  Δ = U F s,  K = σ² U F Fᵀ Uᵀ,
 *
 * and d' goes with the root of the dose.
 *
 *   npx tsx tools/long/compare-coverage.ts [--studies 100] [--seed 1]
 */
import { parseArgs } from "node:util";
import { type Image, makeImage, withData } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import type { Denoiser } from "../../src/denoise/denoiser.ts";
import { cholesky, forwardSolve } from "../../src/math/cholesky.ts";
import { normalCdf } from "../../src/math/normal.ts";
import { compare } from "../../src/workflows/compare/compare.ts";
import { channelsFor, type Figure } from "../../src/workflows/compare/judge.ts";
import { untreated } from "../../src/workflows/compare/result.ts";
import { drawSignal, regionSide } from "../../src/workflows/compare/signals.ts";

const { values } = parseArgs({
  options: {
    studies: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  },
});
const studies = Number(values.studies);
const first = Number(values.seed);

const [nz, n, pixelMm, sigma] = [6, 80, 1, 20] as const;
const spacing = [5, pixelMm, pixelMm] as const;
const lookFor = { shape: "disk", diameterMm: 5, contrast: 9 } as const;
const doses = [1, 0.5, 0.25];
const margin = 0.05;

/** Mean over 3 × 3 px inside the plane, as a sum of shifts; borders repeat their pixel. */
function mean3(data: Float32Array, side: number): Float32Array {
  const size = side * side;
  return data.map((_, at) => {
    const [k, j, i] = [Math.floor(at / size), Math.floor(at / side) % side, at % side];
    let sum = 0;
    for (const b of [-1, 0, 1]) {
      for (const a of [-1, 0, 1]) {
        const [y, x] = [j + b, i + a].map((v) => Math.min(side - 1, Math.max(0, v)));
        sum += data[k * size + y! * side + x!]!;
      }
    }
    return sum / 9;
  });
}

const filter: Denoiser = {
  name: "mean of 3 x 3",
  title: "mean",
  summary: "Mean over 3 × 3 pixels.",
  references: [],
  noise: "gaussian",
  dimensions: [2],
  parameters: {},
  reach: () => 0,
  denoise: async (image) => withData(image, mean3(image.data, n)),
};

function series(seed: number, dose: number): Image {
  const stream = streamOf(seed, "coverage", String(dose));
  const noise = stream.normals(nz * n * n);
  const data = Float32Array.from(noise, (v) => 60 + (sigma / Math.sqrt(dose)) * v);
  return makeImage(data, [nz, n, n], { spacing, unit: "HU" });
}

/** Noise of a viewer, of one pixel. */
const viewer = 12;

/** d' of the population by method and dose, for a viewer with so much noise. */
function populations(): (method: string, dose: number, own?: number) => number {
  const side = regionSide(lookFor.diameterMm, pixelMm);
  const at = { side, spacing, unit: "HU" as const };
  const set = channelsFor(at, lookFor.diameterMm);
  const task = { ...lookFor, preset: "", contrastSigma: 0 };
  const signal = drawSignal(task, "", { side, spacing, f50: Infinity, seed: 1 });
  // A pixel of rim, so that the filter sees what lies beside the region.
  const wide = side + 2;
  const padded = (values: ArrayLike<number>) => {
    const out = new Float32Array(wide * wide);
    for (let j = 0; j < side; j++) {
      for (let i = 0; i < side; i++) out[(j + 1) * wide + i + 1] = values[j * side + i]!;
    }
    return out;
  };
  const detect = (filtered: boolean, dose: number, own: number): number => {
    const plain = Array.from({ length: set.count }, (_, c) =>
      padded(set.rows.subarray(c * set.size, (c + 1) * set.size)),
    );
    const rows = Array.from({ length: set.count }, (_, c) => {
      const row = plain[c]!;
      return filtered ? mean3(row, wide) : row;
    });
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((s, v, i) => s + v * b[i]!, 0);
    const s = padded(signal);
    const delta = Float64Array.from(rows, (row) => dot(row, s));
    const k = Float64Array.from({ length: set.count ** 2 }, (_, i) => {
      const [a, b] = [Math.floor(i / set.count), i % set.count];
      // The filter meets the noise of the image, and the viewer's noise meets the eye alone.
      return (sigma ** 2 / dose) * dot(rows[a]!, rows[b]!) + own ** 2 * dot(plain[a]!, plain[b]!);
    });
    const factored = cholesky(k, set.count);
    if (factored.status !== "ok") throw new Error("the channels are dependent");
    return Math.sqrt(forwardSolve(factored.factor, delta).reduce((sum, v) => sum + v * v, 0));
  };
  return (method, dose, own = 0) => detect(method === filter.name, dose, own);
}

const dPrime = populations();
const aucOf = (method: string, dose: number, own = 0): number =>
  normalCdf(dPrime(method, dose, own) / Math.SQRT2);

/** Dose at which the AUC of a method falls below the untreated full one's by the margin. */
function doseOf(method: string): number {
  let [low, high] = [1e-3, 4];
  const wanted = aucOf(untreated, 1) - margin;
  for (let k = 0; k < 60; k++) {
    const middle = Math.sqrt(low * high);
    if (aucOf(method, middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}

const hits = new Map<string, [hits: number, of: number]>();
const count = (name: string, hit: boolean): void => {
  const [h, of] = hits.get(name) ?? [0, 0];
  hits.set(name, [h + (hit ? 1 : 0), of + 1]);
};
const holds = ({ lower, upper }: Figure, value: number) => lower <= value && value <= upper;
let flagged = 0;

for (let k = 0; k < studies; k++) {
  const seed = first + k;
  const { result } = await compare(series(seed, 1), {
    methods: [filter],
    doseImages: doses.slice(1).map((dose) => ({ dose, image: series(seed, dose) })),
    lookFor,
    tissue: { low: -100, high: 200 },
    resolution: Infinity,
    internalNoise: viewer,
    count: 140,
    margin,
    seed,
    threads: 1,
  });
  for (const arm of result.arms) {
    const { method, dose } = arm;
    count(`AUC, ${method}, dose ${dose}`, holds(arm.hotelling.auc, aucOf(method, dose)));
    const seen = aucOf(method, dose, viewer);
    count(
      `AUC with a viewer's noise, ${method}, dose ${dose}`,
      holds(arm.viewed!.hotelling.auc, seen),
    );
    if (method !== untreated) {
      count(
        `change with a viewer's noise, dose ${dose}`,
        holds(arm.viewed!.gain.hotelling, seen - aucOf(untreated, dose, viewer)),
      );
      const truth = aucOf(method, dose) - aucOf(untreated, dose);
      count(`change against no denoising, dose ${dose}`, holds(arm.gain.hotelling, truth));
    }
    if (dose !== 1) {
      const truth = aucOf(method, dose) - aucOf(untreated, 1);
      count(
        `change against full dose, ${method}, dose ${dose}`,
        holds(arm.againstFull.hotelling, truth),
      );
    }
  }
  for (const one of result.methods) {
    const { lower, upper } = one.marginDose.hotelling;
    const truth = doseOf(one.method);
    const below = Number.isNaN(upper) ? true : truth <= Math.max(upper, Math.min(...doses));
    count(`dose of the margin, ${one.method} (${truth.toFixed(3)})`, lower <= truth && below);
    flagged += one.flags.filter((flag) => /loses|invents/.test(flag.kind)).length;
  }
  if ((k + 1) % 10 === 0) console.error(`${k + 1} of ${studies}`);
}
for (const method of [untreated, filter.name]) {
  console.log(
    `d' of ${method} at full dose: ${dPrime(method, 1).toFixed(3)}, with a viewer's noise of ${viewer}: ${dPrime(method, 1, viewer).toFixed(3)}`,
  );
}
for (const [name, [h, of]] of hits) console.log(`${name}: ${h} of ${of}`);
console.log(
  `warnings that a linear filter loses the signal or invents structure: ${flagged} in ${studies} studies`,
);
process.exit(0);
