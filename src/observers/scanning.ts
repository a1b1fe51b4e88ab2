/**
 * Scanning observer for signals of unknown place [khurd2005decision]: a template trained on patches at known
 * places is moved over the candidate places r,
 *
 *   z(r) = wᵀ( patch(r) − m̄₀ − s̄/2 ),
 *
 * and the image's statistic is max z (with the place it points at, for LROC analysis) or ln Σ exp z,
 * which is the likelihood ratio for equal priors when w is the Hotelling template of Gaussian patches.
 */
import { resolveParameters } from "../core/parameters.ts";
import { fftN } from "../math/fft.ts";
import type { Cases } from "./cases.ts";
import { caseAt, casesOfRows, checkAlike, meanCase } from "./cases.ts";
import { cho } from "./cho.ts";
import { hotelling } from "./hotelling.ts";
import { npw } from "./npw.ts";
import type { Observer, Refusal, TrainingSet } from "./observer.ts";

/** Offset of a patch's first voxel from the place at its middle. */
const before = (side: number): number => Math.floor(side / 2);

interface Grid {
  readonly shape: readonly number[];
  /** Patch sizes along the same axes. */
  readonly patch: readonly number[];
}

function fits(place: readonly number[], { shape, patch }: Grid): boolean {
  return place.every(
    (p, a) => p - before(patch[a]!) >= 0 && p - before(patch[a]!) + patch[a]! <= shape[a]!,
  );
}

function cut(image: Float32Array, place: readonly number[], { shape, patch }: Grid): Float32Array {
  const size = patch.reduce((a, b) => a * b, 1);
  const out = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let rest = i;
    let at = 0;
    let stride = 1;
    for (let a = shape.length - 1; a >= 0; a--) {
      at += ((rest % patch[a]!) + place[a]! - before(patch[a]!)) * stride;
      stride *= shape[a]!;
      rest = Math.floor(rest / patch[a]!);
    }
    out[i] = image[at]!;
  }
  return out;
}

/** Places as array indices (z,) y, x from rows of x, y (, z). */
function placesOf(flat: Float64Array, dimensions: number): number[][] {
  const out: number[][] = [];
  for (let i = 0; i + dimensions <= flat.length; i += dimensions) {
    out.push([...flat.subarray(i, i + dimensions)].reverse().map(Math.round));
  }
  return out;
}

function everyPlace(grid: Grid, stride: number): number[][] {
  let places: number[][] = [[]];
  grid.shape.forEach((n, a) => {
    const from = before(grid.patch[a]!);
    const last = n - grid.patch[a]! + from;
    const next: number[][] = [];
    for (const p of places) for (let v = from; v <= last; v += stride) next.push([...p, v]);
    places = next;
  });
  return places;
}

/** Correlation of an image with a patch template at every place, by Fourier transforms. */
function correlator(
  template: Float64Array,
  { shape, patch }: Grid,
): (image: Float32Array) => Float64Array {
  const size = shape.reduce((a, b) => a * b, 1);
  const padded = new Float64Array(size);
  for (let i = 0; i < template.length; i++) {
    let rest = i;
    let at = 0;
    let stride = 1;
    for (let a = shape.length - 1; a >= 0; a--) {
      const v = (rest % patch[a]!) - before(patch[a]!);
      at += ((v + shape[a]!) % shape[a]!) * stride;
      stride *= shape[a]!;
      rest = Math.floor(rest / patch[a]!);
    }
    padded[at] = template[i]!;
  }
  const w = fftN(padded, new Float64Array(size), { shape: [...shape] });
  return (image) => {
    const g = fftN(Float64Array.from(image), new Float64Array(size), { shape: [...shape] });
    for (let i = 0; i < size; i++) {
      const re = g.re[i]! * w.re[i]! + g.im[i]! * w.im[i]!;
      g.im[i] = g.im[i]! * w.re[i]! - g.re[i]! * w.im[i]!;
      g.re[i] = re;
    }
    return fftN(g.re, g.im, { shape: [...shape], inverse: true }).re;
  };
}

function patchesOf(cases: Cases, places: readonly number[][], grid: Grid): Cases {
  const size = grid.patch.reduce((a, b) => a * b, 1);
  const rows = new Float32Array(places.length * size);
  places.forEach((place, i) => {
    rows.set(cut(caseAt(cases, i % cases.count), place, grid), i * size);
  });
  return casesOfRows(rows, { shape: grid.patch, spacing: cases.spacing, unit: cases.unit });
}

const templates = { npw, hotelling, cho } as const;

export const scanning: Observer = {
  name: "scanning",
  title: "Scanning observer",
  summary:
    "Searches an image with a linear template; reports the largest response and its place, or the sum of likelihoods.",
  references: ["khurd2005decision"],
  kind: "search",
  dimensions: [2, 3],
  needs: ["places"],
  ideal: false,
  parameters: {
    template: {
      type: "choice",
      choices: ["hotelling", "npw", "cho"],
      default: "hotelling",
      about: "observer whose template is moved over the image",
    },
    side: {
      type: "integer",
      unit: "px",
      min: 3,
      max: 512,
      default: 16,
      about:
        "side of the patch that the template sees; larger sees more of correlated noise and needs more images",
    },
    combine: {
      type: "choice",
      choices: ["max", "sum"],
      default: "max",
      about: "largest response (LROC), or sum of likelihoods",
    },
    stride: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 64,
      default: 1,
      about: "distance of places when the task names no candidates",
    },
  },
  async train(training, given = {}, context = {}) {
    const p = resolveParameters("scanning", this.parameters, given);
    const { present, absent, known } = training;
    checkAlike(present, absent, "train an observer");
    const d = present.shape.length;
    const grid: Grid = {
      shape: present.shape,
      patch: present.shape.map((n) => Math.min(n, p.side as number)),
    };
    const refuse = (cause: string, remedy: string): Refusal => ({
      status: "refused",
      cause,
      remedy,
    });
    if (!known?.places || known.places.length !== present.count * d) {
      return refuse(
        `${known?.places ? known.places.length / d : 0} places are known for ${present.count} training images with signal`,
        "state the signal's place in every training image",
      );
    }
    const places = placesOf(known.places, d);
    if (!places.every((q) => fits(q, grid))) {
      return refuse(
        "a patch about a known place leaves the image",
        "use a smaller side, or crop wider images",
      );
    }
    const candidates = (
      known.candidates ? placesOf(known.candidates, d) : everyPlace(grid, p.stride as number)
    ).filter((q) => fits(q, grid));
    if (candidates.length === 0)
      return refuse("no candidate place fits a whole patch", "use a smaller side");
    const patches: TrainingSet = {
      present: patchesOf(present, places, grid),
      absent: patchesOf(
        absent,
        Array.from(
          { length: Math.max(absent.count, places.length) },
          (_, i) => places[i % places.length]!,
        ).slice(0, absent.count),
        grid,
      ),
    };
    const kind = p.template as keyof typeof templates;
    const trained = await templates[kind].train(patches, {}, context);
    if (trained.status !== "ok") return trained;
    const template = trained.template!;
    const base = meanCase(patches.absent);
    const top = meanCase(patches.present);
    const offset = template.reduce((s, w, i) => s + w * ((base[i]! + top[i]!) / 2), 0);
    const respond = correlator(template, grid);
    const indices = candidates.map((q) => q.reduce((at, v, a) => at * grid.shape[a]! + v, 0));
    return Object.freeze({
      status: "ok" as const,
      dimension: trained.dimension,
      figures: { ...trained.figures, places: candidates.length },
      findings: trained.findings,
      read: async (cases: Cases) => {
        checkAlike(cases, absent, "read cases");
        const scores = new Float64Array(cases.count);
        const found = new Float64Array(cases.count * d);
        for (let i = 0; i < cases.count; i++) {
          const z = respond(caseAt(cases, i));
          let best = 0;
          for (let c = 1; c < indices.length; c++)
            if (z[indices[c]!]! > z[indices[best]!]!) best = c;
          const largest = z[indices[best]!]! - offset;
          let sum = 0;
          if (p.combine === "sum")
            for (const at of indices) sum += Math.exp(z[at]! - offset - largest);
          scores[i] = p.combine === "sum" ? largest + Math.log(sum / indices.length) : largest;
          [...candidates[best]!].reverse().forEach((v, a) => {
            found[i * d + a] = v;
          });
        }
        return { scores, places: found };
      },
    });
  },
};
