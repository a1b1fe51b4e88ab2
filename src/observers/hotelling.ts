/**
 * Hotelling observer [barrett2004foundations]: w = K⁻¹ s, with K the pooled covariance of training
 * images and s the known signal or the difference of class means.
 *
 * - `sample`: K = S; needs more images than values;
 * - `shrinkage`: K = (1−ρ) S + ρ (tr S/p) I, ρ given or by the oracle-approximating rule [chen2010shrinkage];
 * - `known-noise`: K = K_b + σ² I with white noise of known σ: K_b from noise-free backgrounds where they are
 *   known, otherwise S with eigenvalues below σ² raised to σ²;
 * - `svd`: pseudo-inverse of S on the eigenvectors above a cut-off (regularised Hotelling observer).
 */
import { resolveParameters } from "../core/parameters.ts";
import { linearObserver, signalOf } from "./linear-observer.ts";
import type { Finding, Observer, Refusal, TrainingSet } from "./observer.ts";
import { centredRows, principalComponents, solveRidge, traces } from "./sample-covariance.ts";

interface Built {
  readonly status: "ok";
  readonly template: Float64Array;
  readonly figures: Readonly<Record<string, number>>;
}

/** Oracle-approximating shrinkage coefficient for n images of p values from tr S and tr S². */
export function shrinkageCoefficient(options: {
  trace: number;
  square: number;
  free: number;
  size: number;
}): number {
  const { trace, square, free, size } = options;
  const numerator = (1 - 2 / size) * square + trace * trace;
  const denominator = (free + 1 - 2 / size) * (square - (trace * trace) / size);
  return denominator <= 0 ? 1 : Math.min(1, numerator / denominator);
}

function spectral(
  training: TrainingSet,
  signal: Float64Array,
  weight: (value: number, rank: number) => number,
  rest: number,
): Built {
  // K⁻¹ s = rest·s + Σ (weight(λ) − rest) v vᵀ s over the sample's eigenvectors.
  const { values, vectors } = principalComponents(centredRows([training.absent, training.present]));
  const template = signal.map((v) => rest * v);
  let kept = 0;
  values.forEach((value, rank) => {
    const own = weight(value, rank);
    if (own !== rest) kept++;
    const v = vectors[rank]!;
    const c = (own - rest) * v.reduce((s, x, i) => s + x * signal[i]!, 0);
    for (let i = 0; i < template.length; i++) template[i]! += c * v[i]!;
  });
  return { status: "ok", template, figures: { components: kept } };
}

function build(
  training: TrainingSet,
  signal: Float64Array,
  p: Readonly<Record<string, unknown>>,
): Built | Refusal {
  const { absent, present, known } = training;
  const z = centredRows([absent, present]);
  if (p.method === "sample") {
    if (z.free <= z.size) {
      return {
        status: "refused",
        cause: `${z.count} training images cannot give an invertible covariance of ${z.size} values`,
        remedy: `train on more than ${z.size + 2} images, or use method shrinkage, known-noise or svd, or channels`,
      };
    }
    const solved = solveRidge(z, signal, { ridge: 0, gain: 1 });
    return solved.status === "ok"
      ? { status: "ok", template: solved.x, figures: { residual: solved.residual } }
      : solved;
  }
  if (p.method === "shrinkage") {
    const { trace, square } = traces(z);
    if (!(trace > 0)) return constantImages;
    const given = p.shrinkage as number | undefined;
    const rho = given ?? shrinkageCoefficient({ trace, square, free: z.free, size: z.size });
    const solved = solveRidge(z, signal, {
      ridge: (rho * trace) / z.size,
      gain: Math.max(1e-12, 1 - rho),
    });
    return solved.status === "ok"
      ? { status: "ok", template: solved.x, figures: { residual: solved.residual, shrinkage: rho } }
      : solved;
  }
  if (p.method === "known-noise") {
    const sigma = (p.sigma as number | undefined) ?? known?.sigma;
    if (!sigma)
      return { status: "refused", cause: "no noise level is known", remedy: "give sigma" };
    if (known?.backgrounds) {
      const b = centredRows([known.backgrounds]);
      const solved = solveRidge(b, signal, { ridge: sigma * sigma, gain: 1 });
      return solved.status === "ok"
        ? {
            status: "ok",
            template: solved.x,
            figures: { residual: solved.residual, backgrounds: b.count },
          }
        : solved;
    }
    const floor = sigma * sigma;
    return spectral(training, signal, (value) => 1 / Math.max(value, floor), 1 / floor);
  }
  const cutoff = p.cutoff as number;
  const rank = p.rank as number | undefined;
  let top = 0;
  const built = spectral(
    training,
    signal,
    (value, k) => {
      if (k === 0) top = value;
      return (rank === undefined ? value >= cutoff * top : k < rank) ? 1 / value : 0;
    },
    0,
  );
  return top > 0 ? built : constantImages;
}

const constantImages: Refusal = {
  status: "refused",
  cause: "the training images of a class do not differ: there is no covariance",
  remedy: "use images with noise",
};

export const hotelling: Observer = {
  name: "hotelling",
  title: "Hotelling observer",
  summary:
    "Best linear observer for the covariance that it is given; sample, shrunk, with known noise part, or by truncated eigenvectors.",
  references: ["barrett2004foundations", "chen2010shrinkage"],
  kind: "linear",
  dimensions: [2, 3],
  needs: [],
  ideal: false,
  parameters: {
    method: {
      type: "choice",
      choices: ["shrinkage", "sample", "known-noise", "svd"],
      default: "shrinkage",
      about: "how the covariance is made invertible",
    },
    shrinkage: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      about:
        "weight of the identity; chosen from the images when not given, larger tends to the NPW",
    },
    sigma: {
      type: "number",
      unit: "intensity",
      min: 0,
      max: 1e9,
      about:
        "standard deviation of white noise for known-noise; taken from the task when not given",
    },
    cutoff: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1,
      default: 1e-3,
      about: "svd keeps eigenvalues of at least this part of the largest; larger keeps fewer",
    },
    rank: {
      type: "integer",
      unit: "1",
      min: 1,
      max: 100000,
      about: "svd keeps this many eigenvectors instead",
    },
    template: {
      type: "choice",
      choices: ["auto", "signal", "mean-difference"],
      default: "auto",
      about: "known signal, difference of training means, or the known signal where there is one",
    },
  },
  async train(training, given = {}) {
    const p = resolveParameters("hotelling", this.parameters, given);
    const signal = signalOf(training, p.template);
    if (training.absent.count + training.present.count < 4) {
      return {
        status: "refused",
        cause: `${training.absent.count + training.present.count} images give no covariance`,
        remedy: "train on at least four images",
      };
    }
    const built = build(training, signal, p);
    if (built.status !== "ok") return built;
    const findings: Finding[] = [];
    const free = training.absent.count + training.present.count - 2;
    const size = training.absent.size;
    if (p.method === "sample" && free < 5 * size) {
      findings.push({
        name: "few-images-for-dimension",
        severity: "warning",
        reason: `${free + 2} training images for ${size} values: a test AUC is below the population's`,
        remedy: `train on at least ${5 * size} images, or use channels, shrinkage or a known noise part`,
      });
    }
    return linearObserver(built.template, {
      training,
      dimension: size,
      figures: built.figures,
      findings,
    });
  },
};
