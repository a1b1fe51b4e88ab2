/** What observers can still do with the regions of one method at one dose, and what became of the signal. */
import type { Image } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { casesOfRows, type Cases } from "../../observers/cases.ts";
import { laguerreGauss } from "../../observers/channels/laguerre-gauss.ts";
import type { ChannelSet } from "../../observers/channels/channel-set.ts";
import { contrastKept } from "../../observers/contrast-kept.ts";
import { scoreSeparation } from "../../observers/detectability.ts";
import { npwe } from "../../observers/npwe.ts";
import { populationDetectability } from "../../observers/population.ts";
import { populationDifference } from "../../observers/population-difference.ts";
import { aucLogit } from "../../stats/auc.ts";
import { compareDeLong } from "../../stats/compare.ts";
import { separationInterval } from "../../stats/detectability.ts";
import type { Interval } from "../../stats/result.ts";
import type { Scores } from "../../stats/scores.ts";
import type { Case } from "./places.ts";
import type { Treated } from "./treat.ts";

/** A number with its interval; NaN where there is none. */
export interface Figure {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Detected {
  readonly dPrime: Figure;
  readonly auc: Figure;
}

/** Channels of the channelised Hotelling observer; few, so that few images train it. */
const channelCount = 5;

/** Eye filter of NPWE and of the d' from noise and resolution: 0.2 mm pixels shown three times as large, at 500 mm. */
export const eye = { alpha: 1.3, beta: 2, c: 0.04, distanceMm: 500, displayPixelMm: 0.6 } as const;

/** The cases of one method at one dose, for observers. */
export interface ArmCases {
  readonly present: Cases;
  readonly absent: Cases;
  /** What a method made of each inserted signal: its region with the signal less the one without. */
  readonly responses: Cases;
  readonly slices: { readonly present: readonly number[]; readonly absent: readonly number[] };
}

export interface Geometry {
  readonly side: number;
  readonly spacing: Image["spacing"];
  readonly unit: Image["unit"];
}

/** White noise that a viewer adds to what is shown: drawn once for each case, the same for all methods and doses. */
export interface ViewerNoise {
  /** In the image's unit, of one pixel. */
  readonly sd: number;
  readonly seed: number;
}

export function armCases(
  treated: Pick<Treated, "without" | "withSignal">,
  cases: readonly Case[],
  options: Geometry & { readonly viewer?: ViewerNoise | undefined },
): ArmCases {
  const { viewer } = options;
  const numbered = cases.map((c, i) => ({ c, i }));
  const present = numbered.filter(({ c }) => c.present);
  const absent = numbered.filter(({ c }) => !c.present);
  const rows = (of: typeof numbered, region: (i: number) => Float32Array): Cases => {
    const { side, spacing, unit } = options;
    const data = new Float32Array(of.length * side * side);
    of.forEach(({ i }, k) => data.set(region(i), k * side * side));
    return casesOfRows(data, { shape: [side, side], spacing, unit, ids: of.map(({ c }) => c.id) });
  };
  const { without, withSignal } = treated;
  const seen = (i: number): Float32Array => {
    const region = withSignal[i]!;
    if (!viewer) return region;
    const noise = streamOf(viewer.seed, "viewer", cases[i]!.id).normals(region.length);
    return region.map((v, k) => v + viewer.sd * noise[k]!);
  };
  return {
    present: rows(present, seen),
    absent: rows(absent, seen),
    responses: rows(present, (i) => withSignal[i]!.map((v, k) => v - without[i]![k]!)),
    slices: { present: present.map(({ c }) => c.slice), absent: absent.map(({ c }) => c.slice) },
  };
}

/** Laguerre–Gauss channels of the signal's size about the region's middle. */
export function channelsFor(at: Geometry, diameterMm: number): ChannelSet {
  const { side, spacing } = at;
  const radius = diameterMm / 2 / Math.min(spacing[1], spacing[2]);
  return laguerreGauss([side, side], {
    centre: [Math.floor(side / 2), Math.floor(side / 2)],
    count: channelCount,
    width: (4 / 3) * radius,
    aspect: [spacing[1] / spacing[2], 1],
  });
}

const figure = (estimate: number, { lower, upper }: Pick<Interval, "lower" | "upper">): Figure =>
  Object.freeze({ estimate, lower, upper });

/** d' and AUC of the channelised Hotelling observer in the population, intervals exact for normal outputs. */
export function byHotelling(arm: ArmCases, set: ChannelSet, level: number): Detected {
  const found = populationDetectability({ set }, arm, level);
  return {
    dPrime: figure(found.estimate, found.interval),
    auc: figure(found.auc.estimate, found.auc.interval),
  };
}

/** Scores of NPWE, whose template is the inserted signal behind the eye filter. */
export async function eyeScores(arm: ArmCases, signal: Float64Array): Promise<Scores> {
  const trained = await npwe.train(
    { present: arm.present, absent: arm.absent, known: { signal } },
    {
      alpha: eye.alpha,
      beta: eye.beta,
      c: eye.c,
      distance: eye.distanceMm,
      "display-pixel": eye.displayPixelMm,
      template: "signal",
    },
  );
  if (trained.status !== "ok") {
    return { present: new Float64Array(0), absent: new Float64Array(0) };
  }
  return {
    present: (await trained.read(arm.present)).scores,
    absent: (await trained.read(arm.absent)).scores,
  };
}

export function byEye(scores: Scores, level: number): Detected {
  const area = aucLogit(scores, { level });
  const dPrime = scoreSeparation(
    Float64Array.from(scores.present),
    Float64Array.from(scores.absent),
  );
  return {
    dPrime: figure(
      dPrime,
      separationInterval(
        dPrime,
        { present: scores.present.length, absent: scores.absent.length },
        { level },
      ),
    ),
    auc: figure(area.estimate, area.interval),
  };
}

/** AUC of the population's Hotelling observer on one arm less that on another, on the same cases. */
export function hotellingDifference(
  arm: ArmCases,
  reference: ArmCases,
  options: { readonly set: ChannelSet; readonly level: number },
): Figure {
  if (arm === reference) return figure(0, { lower: 0, upper: 0 });
  const { estimate, interval } = populationDifference(options.set, [arm, reference], {
    level: options.level,
    groups: arm.slices,
  });
  return figure(estimate, interval);
}

/** AUC of NPWE on one arm less that on another, by DeLong. */
export function eyeDifference(scores: Scores, reference: Scores, level: number): Figure {
  if (scores === reference) return figure(0, { lower: 0, upper: 0 });
  const { estimate, interval } = compareDeLong(scores, reference, { level });
  return figure(estimate, interval);
}

/**
 * Share of the inserted signal that a method keeps, against the signals themselves.
 *
 * @param options.template less its mean here, so that a shift of the whole region is no contrast
 */
export function signalKept(
  arm: ArmCases,
  signals: readonly Float32Array[],
  options: { readonly template: Float64Array; readonly level: number },
): Figure {
  const { level } = options;
  const mean = options.template.reduce((a, v) => a + v, 0) / options.template.length;
  const template = options.template.map((v) => v - mean);
  const { responses } = arm;
  const { shape, spacing, unit, ids, count, size } = responses;
  const data = new Float32Array(count * size);
  signals.forEach((s, i) => data.set(s, i * size));
  const inserted = casesOfRows(data, { shape, spacing, unit, ids });
  const nothing = casesOfRows(new Float32Array(count * size), { shape, spacing, unit, ids });
  const kept = contrastKept(
    template,
    {
      before: { present: inserted, absent: nothing },
      after: { present: responses, absent: nothing },
    },
    { level },
  );
  return figure(kept.estimate, kept.interval);
}

/** Mean of signals. */
export function meanSignal(signals: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(signals[0]!.length);
  for (const s of signals) s.forEach((v, i) => (mean[i]! += v / signals.length));
  return mean;
}
