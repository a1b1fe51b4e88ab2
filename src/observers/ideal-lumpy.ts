/**
 * Ideal observer for a known signal on a lumpy background in white noise, by a Markov chain over
 * backgrounds [kupinski2003ideal]:
 *
 *   Λ(g) = E[ exp( sᵀ(g − b − s/2)/σ² ) | g, no signal ]
 *   ln Λ(g) = ∫₀¹ E[ sᵀ(g − b − λs)/σ² | g, signal λs ] dλ,
 *
 * b being the sum of Gaussian lumps at the points of a Poisson process on the torus (as the phantom
 * `lumpy` draws them). Moves: shift a lump, add one, remove one, accepted by Metropolis–Hastings.
 *
 * Deviations: 1. moves by birth and death in place of a fixed table of candidate lumps. 2. the second form
 * (thermodynamic integration over the signal's strength, midpoint rule) in place of the first, whose
 * average has a huge variance when lumps can imitate the signal.
 */
import { resolveParameters } from "../core/parameters.ts";
import { throwIfAborted } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import type { Stream } from "../core/random.ts";
import type { Cases } from "./cases.ts";
import { caseAt, checkAlike } from "./cases.ts";
import type { Known, Observer, ObserverContext } from "./observer.ts";

interface Task {
  readonly signal: Float64Array;
  readonly sigma: number;
  readonly lumpy: NonNullable<Known["lumpy"]>;
  readonly ny: number;
  readonly nx: number;
}

interface Lump {
  readonly px: Float64Array;
  readonly py: Float64Array;
  readonly x: number;
  readonly y: number;
}

function profile(centre: number, n: number, width: number): Float64Array {
  const line = new Float64Array(n);
  const copies = Math.ceil((6 * width) / n);
  for (let i = 0; i < n; i++) {
    for (let c = -copies; c <= copies; c++)
      line[i]! += Math.exp(-((i - centre + c * n) ** 2) / (2 * width * width));
  }
  return line;
}

function lumpAt(x: number, y: number, task: Task): Lump {
  const { nx, ny, lumpy } = task;
  const wrap = (v: number, n: number) => ((v % n) + n) % n;
  const cx = wrap(x, nx);
  const cy = wrap(y, ny);
  return { px: profile(cx, nx, lumpy.width), py: profile(cy, ny, lumpy.width), x: cx, y: cy };
}

/** Change of the residual: r ← r − amount · lump. */
function subtract(residual: Float64Array, lump: Lump, amount: number): void {
  const nx = lump.px.length;
  for (let j = 0; j < lump.py.length; j++) {
    const c = amount * lump.py[j]!;
    if (Math.abs(c) < 1e-12 * Math.abs(amount)) continue;
    for (let i = 0; i < nx; i++) residual[j * nx + i]! -= c * lump.px[i]!;
  }
}

const squares = (v: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]! * v[i]!;
  return sum;
};

export interface ChainResult {
  /** ln Λ(g). */
  readonly logRatio: number;
  /** Part of proposed moves that were accepted. */
  readonly accepted: number;
}

/** Strengths of the signal at which the integrand is averaged. */
const levels = 20;

/** Runs one chain for one image. */
export function lumpyLogRatio(
  image: ArrayLike<number>,
  options: { task: Task; steps: number; burnIn: number; stream: Stream },
): ChainResult {
  const { task, steps, burnIn, stream } = options;
  const { signal, sigma, lumpy, nx, ny } = task;
  const variance = sigma * sigma;
  let lumps: Lump[] = [];
  let residual = Float64Array.from(image, (v) => v - lumpy.base);
  let energy = squares(residual);
  let accepted = 0;
  const respond = () => {
    let sum = 0;
    for (let i = 0; i < signal.length; i++) sum += signal[i]! * residual[i]!;
    return sum / variance;
  };
  const attempt = (
    change: () => Lump[],
    removed: Lump | undefined,
    added: Lump | undefined,
    logPrior: number,
  ) => {
    const next = Float64Array.from(residual);
    if (removed) subtract(next, removed, -lumpy.amplitude);
    if (added) subtract(next, added, lumpy.amplitude);
    const e = squares(next);
    if (Math.log(1 - stream.uniform()) >= (energy - e) / (2 * variance) + logPrior) return false;
    residual = next;
    energy = e;
    lumps = change();
    accepted++;
    return true;
  };
  const move = (): boolean => {
    const kind = stream.uniform();
    const k = lumps.length;
    if (kind < 0.5 && k > 0) {
      const which = stream.integer(k);
      const old = lumps[which]!;
      // Steps of two sizes: across the image now and then, within a lump's width mostly.
      const scale = stream.uniform() < 0.2 ? Math.max(nx, ny) / 4 : 0.3 * lumpy.width;
      const moved = lumpAt(old.x + scale * stream.normal(), old.y + scale * stream.normal(), task);
      return attempt(() => lumps.map((l, i) => (i === which ? moved : l)), old, moved, 0);
    }
    if (kind >= 0.5 && kind < 0.75) {
      const born = lumpAt(nx * stream.uniform(), ny * stream.uniform(), task);
      return attempt(() => [...lumps, born], undefined, born, Math.log(lumpy.meanNumber / (k + 1)));
    }
    if (kind >= 0.75 && k > 0) {
      const which = stream.integer(k);
      const gone = lumps[which]!;
      return attempt(
        () => lumps.filter((_, i) => i !== which),
        gone,
        undefined,
        Math.log(k / lumpy.meanNumber),
      );
    }
    return false;
  };
  for (let t = 0; t < burnIn; t++) move();
  const each = Math.max(1, Math.round(steps / levels));
  let integral = 0;
  for (let l = 0; l < levels; l++) {
    // The residual holds g − b − λs: raise λ to the middle of this level.
    const rise = l === 0 ? 0.5 / levels : 1 / levels;
    for (let i = 0; i < signal.length; i++) residual[i]! -= rise * signal[i]!;
    energy = squares(residual);
    let current = respond();
    let sum = 0;
    const settle = Math.ceil(each / 5);
    for (let t = 0; t < each + settle; t++) {
      if (move()) current = respond();
      if (t >= settle) sum += current;
    }
    integral += sum / each / levels;
  }
  return { logRatio: integral, accepted: accepted / (burnIn + steps) };
}

export const idealLumpy: Observer = {
  name: "ideal-lumpy",
  title: "Ideal observer, lumpy background",
  summary:
    "Likelihood ratio for a known signal on a lumpy background, by a Markov chain over backgrounds.",
  references: ["kupinski2003ideal"],
  kind: "ideal",
  dimensions: [2],
  needs: ["signal", "sigma", "lumpy"],
  ideal: true,
  parameters: {
    steps: {
      type: "integer",
      unit: "moves",
      min: 100,
      max: 1e8,
      default: 20000,
      about: "moves that are averaged over; more give less Monte-Carlo error",
    },
    "burn-in": {
      type: "integer",
      unit: "moves",
      min: 0,
      max: 1e7,
      default: 2000,
      about: "moves thrown away first",
    },
  },
  async train(training, given = {}) {
    const p = resolveParameters("ideal-lumpy", this.parameters, given);
    checkAlike(training.present, training.absent, "train an observer");
    const { signal, sigma, lumpy } = training.known ?? {};
    const { shape } = training.absent;
    if (!signal || !sigma || !lumpy || shape.length !== 2) {
      return {
        status: "refused",
        cause:
          shape.length === 2
            ? "signal, noise level or the lumpy background's parameters are not known"
            : "the images are volumes",
        remedy: "use a simulated planar task on the lumpy phantom",
      };
    }
    const task: Task = { signal, sigma, lumpy, ny: shape[0]!, nx: shape[1]! };
    return Object.freeze({
      status: "ok" as const,
      dimension: 0,
      figures: {},
      findings: [],
      read: async (cases: Cases, context: ObserverContext = {}) => {
        checkAlike(cases, training.absent, "read cases");
        const { seed = 0, signal: stop, onProgress } = context;
        const scores = new Float64Array(cases.count);
        for (let i = 0; i < cases.count; i++) {
          throwIfAborted(stop, "reading cases by Markov chains");
          scores[i] = lumpyLogRatio(caseAt(cases, i), {
            task,
            steps: p.steps as number,
            burnIn: p["burn-in"] as number,
            stream: streamOf(seed, "ideal-lumpy", cases.ids[i]!),
          }).logRatio;
          onProgress?.({ done: i + 1, total: cases.count, label: "Markov chains" });
        }
        return { scores };
      },
    });
  },
};
