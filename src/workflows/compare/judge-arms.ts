/** All methods at all doses, judged: against the untreated images at the same dose, and at full dose. */
import type { Image } from "../../core/image.ts";
import { makeImage } from "../../core/image.ts";
import { ctWindows } from "../../figures/window.ts";
import { pairedT } from "../../stats/paired.ts";
import type { Scores } from "../../stats/scores.ts";
import { measure } from "../measure.ts";
import type { DoseImage } from "./doses.ts";
import {
  errorAgainstRepeat,
  errorAgainstTruth,
  errorAlone,
  type Fidelity,
  type Regions,
} from "./fidelity.ts";
import { inventedMap, inventedStructure } from "./invented.ts";
import {
  type ArmCases,
  armCases,
  byEye,
  byHotelling,
  channelsFor,
  eyeDifference,
  eyeScores,
  type Figure,
  type Geometry,
  hotellingDifference,
  meanSignal,
  signalKept,
  type ViewerNoise,
} from "./judge.ts";
import type { Case } from "./places.ts";
import { brokenPromise } from "./promise.ts";
import type { ArmResult, CompareScene } from "./result.ts";
import { fewestSearched, searchFigures, type SearchFigures } from "./search.ts";
import { noiseFigures, promisedDetectability, transferFigures } from "./spectra.ts";
import type { SignalTask } from "./task.ts";
import type { Method, NoiseProbe, Treated } from "./treat.ts";

export interface TreatedArm {
  readonly dose: DoseImage;
  readonly method: Method;
  readonly treated: Treated;
  readonly probe?: NoiseProbe;
}

export interface JudgeArmsOptions {
  readonly cases: readonly Case[];
  readonly signals: readonly Float32Array[];
  readonly task: SignalTask;
  readonly at: Geometry;
  /** Side of the regions for search; 0 for none. */
  readonly wide: number;
  readonly level: number;
  readonly seed: number;
  readonly ownF50: number;
  /** The viewer's own noise; absent for an observer without any. */
  readonly viewer?: ViewerNoise | undefined;
  readonly shownSlice: number;
  readonly shape: readonly [ny: number, nx: number];
  /** Regions of the truth, of a repeated scan, and of the images as they were acquired. */
  readonly truth?: Regions | undefined;
  readonly truthPlane?: Image | undefined;
  readonly repeat?: Regions | undefined;
  readonly acquired?: Regions | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Observed {
  readonly cases: ArmCases;
  readonly scores: Scores;
  /** The same with the viewer's noise. */
  readonly seen?: Omit<Observed, "seen">;
}

/** @param treated by dose, the full one first, and within a dose the untreated images first */
export async function judgeArms(
  treated: readonly TreatedArm[],
  options: JudgeArmsOptions,
): Promise<{ readonly arms: readonly ArmResult[]; readonly scene: CompareScene }> {
  const { cases, signals, task, at, level, ownF50, viewer } = options;
  const set = channelsFor(at, task.diameterMm);
  const template = meanSignal(signals);
  const observed: Observed[] = [];
  for (const arm of treated) {
    const observe = async (noise: ViewerNoise | undefined) => {
      const own = armCases(arm.treated, cases, { ...at, viewer: noise });
      return { cases: own, scores: await eyeScores(own, template) };
    };
    const seen = viewer && (await observe(viewer));
    observed.push({ ...(await observe(undefined)), ...(seen ? { seen } : {}) });
  }
  const searched = await searchedOf(treated, options);
  const absent = cases.flatMap((c, i) => (c.present ? [] : [i]));
  const regionsOf = (arm: TreatedArm) => absent.map((i) => arm.treated.without[i]!);
  const arms: ArmResult[] = [];
  const maps: (Float32Array | undefined)[] = [];
  for (const [n, arm] of treated.entries()) {
    const { dose, method } = arm;
    const [own, full] = [observed[n]!, observed[0]!];
    const baseAt = treated.findIndex((one) => one.dose === dose);
    const [base, baseArm] = [observed[baseAt]!, treated[baseAt]!];
    const bare = baseArm === arm;
    const noise = noiseFigures(regionsOf(arm), at);
    const responses = signals.map((_, i) =>
      own.cases.responses.data.subarray(i * at.side ** 2, (i + 1) * at.side ** 2),
    );
    const transfer = transferFigures(responses, signals, {
      ...at,
      ownF50,
      ...(task.shape === "disk" ? { diskMm: task.diameterMm } : {}),
    });
    const invented = bare
      ? { octaves: [] }
      : inventedStructure(regionsOf(baseArm), regionsOf(arm), at);
    const baseResult = bare ? undefined : arms[baseAt];
    const hotelling = byHotelling(own.cases, set, level);
    const eye = byEye(own.scores, level);
    const promised = promisedDetectability(
      task,
      noise,
      transfer,
      Math.min(at.spacing[1], at.spacing[2]),
    );
    const against = (one: Omit<Observed, "seen">, other: Omit<Observed, "seen">) => ({
      hotelling: hotellingDifference(one.cases, other.cases, { set, level }),
      eye: eyeDifference(one.scores, other.scores, level),
    });
    const gain = against(own, base);
    const fidelity = await fidelityOf(arm, baseArm, options);
    const promiseBroken =
      baseResult &&
      brokenPromise({ promised, eye }, baseResult, { own: own.scores, base: base.scores });
    arms.push({
      method: method.label,
      dose: dose.dose,
      doseFrom: dose.from,
      hotelling,
      eye,
      gain,
      againstFull: against(own, full),
      ...(own.seen && base.seen
        ? {
            viewed: {
              hotelling: byHotelling(own.seen.cases, set, level),
              eye: byEye(own.seen.scores, level),
              gain: against(own.seen, base.seen),
            },
          }
        : {}),
      contrastKept: bare
        ? { estimate: 1, lower: 1, upper: 1 }
        : signalKept(own.cases, signals, { template, level }),
      noise,
      transfer,
      bias: biasOf(regionsOf(arm), regionsOf(baseArm), level),
      promised,
      ...(promiseBroken ? { promiseBroken } : {}),
      invented,
      ...(fidelity ? { fidelity } : {}),
      ...(searched?.get(String(n)) ? { search: searched.get(String(n))! } : {}),
      ...(arm.treated.level ? { toldSigma: arm.treated.level.sigma } : {}),
      seconds: arm.treated.seconds,
    });
    maps.push(
      invented.worst &&
        inventedMap(baseArm.treated.shown.without, arm.treated.shown.without, {
          ny: options.shape[0],
          nx: options.shape[1],
          side: at.side,
          spacing: at.spacing,
          octave: invented.worst,
          sd: baseResult?.noise.sd ?? noise.sd,
        }),
    );
  }
  const scene: CompareScene = {
    cases,
    side: at.side,
    unit: at.unit,
    spacing: at.spacing,
    shownSlice: options.shownSlice,
    shape: options.shape,
    diameterMm: task.diameterMm,
    arms: treated.map((arm, n) => ({
      method: arm.method.label,
      dose: arm.dose.dose,
      withSignal: arm.treated.withSignal,
      without: arm.treated.without,
      shown: arm.treated.shown,
      ...(maps[n] ? { inventedMap: maps[n] } : {}),
    })),
    hardest: hardestOf(observed, treated),
  };
  return { arms, scene };
}

/** Mean of what a method adds to signal-free regions; its interval from the regions. */
function biasOf(after: Regions, before: Regions, level: number): Figure {
  const mean = (v: Float32Array) => v.reduce((s, x) => s + x, 0) / v.length;
  const changes = Float64Array.from(after, (region, i) => mean(region) - mean(before[i]!));
  if (changes.every((v) => v === 0)) return { estimate: 0, lower: 0, upper: 0 };
  const { estimate, interval } = pairedT(changes, { level });
  return { estimate, lower: interval.lower, upper: interval.upper };
}

async function fidelityOf(
  arm: TreatedArm,
  base: TreatedArm,
  options: JudgeArmsOptions,
): Promise<Fidelity | undefined> {
  const { truth, truthPlane, repeat, acquired, cases, shownSlice } = options;
  if (truth) {
    const plain = errorAgainstTruth(arm.treated, truth);
    if (!truthPlane) return plain;
    const shown = makeImage(arm.treated.shown.without, truthPlane.shape, truthPlane);
    const measured = await measure(shown, {
      reference: truthPlane,
      metrics: ["psnr", "ssim"],
      ...(shown.unit === "HU" ? { window: ctWindows["soft-tissue"] } : {}),
    });
    const value = (name: string): number => {
      const result = measured.find((m) => m.metric === name)?.result;
      return result?.status === "ok" ? result.value : NaN;
    };
    return { ...plain, psnrDb: value("psnr"), ssim: value("ssim") };
  }
  if (repeat && acquired) return errorAgainstRepeat(arm.treated, acquired, repeat);
  if (!arm.probe) return undefined;
  const { sigma } = arm.probe;
  const shown = cases.flatMap((c, i) => (c.slice === shownSlice ? [i] : []));
  const of = (one: TreatedArm) => shown.map((i) => one.treated.without[i]!);
  const divergence = arm === base ? sigma ** 2 : arm.treated.divergence;
  return errorAlone(of(arm), of(base), { divergence, sigma });
}

async function searchedOf(
  treated: readonly TreatedArm[],
  options: JudgeArmsOptions,
): Promise<ReadonlyMap<string, SearchFigures> | undefined> {
  const { wide, cases, at, task, level, seed, signal } = options;
  const present = cases.filter((c) => c.present).length;
  if (wide === 0 || Math.min(present, cases.length - present) < fewestSearched) return undefined;
  const all = new Map<string, SearchFigures>();
  for (const dose of new Set(treated.map((arm) => arm.dose))) {
    const own = treated.flatMap((arm, n) =>
      arm.dose === dose ? [{ name: String(n), regions: arm.treated.searched }] : [],
    );
    const found = await searchFigures(own, cases, {
      wide,
      side: at.side,
      diameterMm: task.diameterMm,
      spacing: at.spacing,
      unit: at.unit,
      level,
      seed,
      signal,
    });
    for (const [name, figures] of found) all.set(name, figures);
  }
  return all;
}

/** Present cases by how far methods lowered their scores at the lowest dose, against the untreated images' spread. */
function hardestOf(observed: readonly Observed[], treated: readonly TreatedArm[]): number[] {
  const lowest = Math.min(...treated.map((arm) => arm.dose.dose));
  const there = observed.filter((_, n) => treated[n]!.dose.dose === lowest);
  const ranks = there.map(({ scores }) => {
    const { present, absent } = scores;
    const n = absent.length;
    return Array.from(present, (s) => Array.from(absent).filter((a) => a < s).length / n);
  });
  const count = ranks[0]?.length ?? 0;
  const mean = Array.from(
    { length: count },
    (_, i) => ranks.reduce((s, r) => s + r[i]!, 0) / ranks.length,
  );
  return mean.map((_, i) => i).sort((i, j) => mean[i]! - mean[j]! || i - j);
}
