/**
 * Multi-reader multi-case analysis of variance of Obuchowski and Rockette with Hillis's degrees of freedom
 * [obuchowski1995hypothesis; hillis2007comparison; hillis2014marginal]. Areas θ_ij of modality i and reader j follow
 *
 *   θ_ij = μ + τ_i + R_j + (τR)_ij + ε_ij,
 *
 * with errors of variance Var and covariances Cov1 (same reader, two modalities), Cov2 (same modality,
 * two readers) and Cov3 (both differ), here DeLong's. Readers and cases random:
 *
 *   F = MS(T) / (MS(T·R) + max(r (Cov2 − Cov3), 0)),   df₂ = denominator² / (MS(T·R)²/((t − 1)(r − 1))).
 *
 * The intervals of single modalities are formed on the logit scale, unlike the published ones.
 * With readers nested in modalities MS(R(T)) and t(r − 1) stand for MS(T·R) and (t − 1)(r − 1). Arms that
 * share no case have covariance 0; arms that share some of their cases need `gallasCompare`. In split plots
 * [obuchowski2012multireader] and other designs of whole blocks, Cov2 and Cov3 of the test are means over all
 * pairs of readers, those without a common case included, which keeps MS(T·R) and the variance of the mean
 * difference unbiased.
 */
import { InputError } from "../core/errors.ts";
import { fCdf, studentTCdf, studentTQuantile } from "../math/distributions.ts";
import { type LevelOptions, logitLimits } from "./auc.ts";
import type { AreaComparison } from "./compare.ts";
import { deLongCovariance, type Placements, placements } from "./placements.ts";
import { readerDesign, type ReaderDesignName } from "./reader-design.ts";
import { modalitiesOf, type ReaderStudy, type ReaderTables, tablesOf } from "./reader-study.ts";
import { type Estimate, makeEstimate, noInterval, requireLevel, type Status } from "./result.ts";

/** What is held fixed: nothing (claims for new readers and cases), the readers, or the cases. */
export type OrhAnalysis = "random-readers-and-cases" | "fixed-readers" | "fixed-cases";

/** Covariances are means over arms that share their cases: those of a crossed study of as many cases per reader. */
export interface OrhComponents {
  readonly variance: number;
  readonly cov1: number;
  readonly cov2: number;
  readonly cov3: number;
  /** Reader-by-modality variance, cut at 0. */
  readonly interaction: number;
}

export interface OrhResult {
  readonly status: Status;
  readonly remedy: string;
  readonly analysis: OrhAnalysis;
  readonly design: Exclude<ReaderDesignName, "with-gaps">;
  readonly modalities: readonly string[];
  /** Area of each reader, by modality. */
  readonly areas: readonly Float64Array[];
  readonly components: OrhComponents;
  /** Test that all modalities have one area. */
  readonly test: {
    readonly statistic: number;
    readonly df1: number;
    readonly df2: number;
    readonly pValue: number;
  };
  /** Mean area of each modality, with an interval from its own data alone. */
  readonly estimates: readonly Estimate[];
  /** Every pair of modalities, in order (first − second). */
  readonly differences: readonly (AreaComparison & {
    readonly modalities: readonly [string, string];
  })[];
}

interface Cell {
  readonly placements: Placements;
  /** Which cases were read: equal for arms with the same cases. */
  readonly caseKey: string;
  readonly n1: number;
  readonly n0: number;
}

function cellOf(tables: ReaderTables, r: number): Cell | undefined {
  const read = (values: Float64Array) => Array.from(values, (v) => (Number.isNaN(v) ? 0 : 1));
  const present = tables.present[r]!.filter((v) => !Number.isNaN(v));
  const absent = tables.absent[r]!.filter((v) => !Number.isNaN(v));
  if (present.length === 0 && absent.length === 0) return undefined;
  return {
    placements: placements({ present, absent }),
    caseKey: [...read(tables.present[r]!), ...read(tables.absent[r]!)].join(""),
    n1: present.length,
    n0: absent.length,
  };
}

const shareCases = (a: Cell, b: Cell): boolean => a.caseKey === b.caseKey;

/** Arms of a design of blocks share all their cases or none. */
const covarianceOf = (a: Cell, b: Cell): number =>
  shareCases(a, b) ? deLongCovariance(a.placements, b.placements) : 0;

function meanOf(values: Iterable<number>): number {
  let sum = 0;
  let n = 0;
  for (const v of values) {
    sum += v;
    n++;
  }
  return n > 0 ? sum / n : 0;
}

interface Layout {
  readonly design: OrhResult["design"];
  readonly nested: boolean;
  /** cells[i][j]: modality i, its j-th reader. */
  readonly cells: readonly (readonly Cell[])[];
}

function layOut(study: ReaderStudy, modalities: readonly string[]): Layout {
  const design = readerDesign(study, modalities).name;
  if (design === "with-gaps") {
    throw new InputError(
      "Cannot analyse readers by Obuchowski and Rockette: found readers who read some modalities but not all, or arms that share only some of their cases, wanted every reader in all modalities or each in one, and any two arms with the same cases or none in common (use the U-statistic analysis for incomplete designs)",
    );
  }
  const readers = [...new Set(study.scores.map((s) => s.reader))];
  const cells = modalities.map((m) => {
    const tables = tablesOf(study, m, readers);
    return readers.map((_, r) => cellOf(tables, r)).filter((c) => c !== undefined);
  });
  const numbers = cells.map((row) => row.length);
  if (new Set(numbers).size > 1) {
    throw new InputError(
      `Cannot analyse readers by Obuchowski and Rockette: found ${numbers.join(", ")} readers per modality, wanted equal numbers`,
    );
  }
  const everyone = new Set(
    study.scores.filter((s) => modalities.includes(s.modality)).map((s) => s.reader),
  ).size;
  return { design, nested: numbers[0]! < everyone, cells };
}

interface Covariances {
  readonly variance: number;
  readonly cov1: number;
  readonly cov2: number;
  readonly cov3: number;
}

/** Means over all pairs of arms. */
interface DesignCovariances extends Covariances {
  /** Means over the pairs that share their cases. */
  readonly shared: Covariances;
  /** Var and Cov2 of each modality alone. */
  readonly own: readonly { readonly variance: number; readonly cov2: number }[];
}

function covariancesOf({ nested, cells }: Layout): DesignCovariances {
  const pairs = { cov1: [], cov2: [], cov3: [] } as Record<
    "cov1" | "cov2" | "cov3",
    { readonly value: number; readonly shares: boolean }[]
  >;
  const take = (kind: keyof typeof pairs, a: Cell, b: Cell): number => {
    const value = covarianceOf(a, b);
    pairs[kind].push({ value, shares: shareCases(a, b) });
    return value;
  };
  const own = cells.map((row) => ({
    variance: meanOf(row.map((c) => covarianceOf(c, c))),
    cov2: meanOf(row.flatMap((a, j) => row.slice(j + 1).map((b) => take("cov2", a, b)))),
  }));
  cells.forEach((row, i) => {
    for (const other of cells.slice(i + 1)) {
      row.forEach((a, j) =>
        other.forEach((b, k) => take(!nested && j === k ? "cov1" : "cov3", a, b)),
      );
    }
  });
  const variance = meanOf(own.map((o) => o.variance));
  const means = (keep: (pair: { readonly shares: boolean }) => boolean): Covariances => {
    const of = (kind: keyof typeof pairs) => meanOf(pairs[kind].filter(keep).map((p) => p.value));
    return { variance, cov1: of("cov1"), cov2: of("cov2"), cov3: of("cov3") };
  };
  return { ...means(() => true), shared: means((pair) => pair.shares), own };
}

/**
 * Obuchowski–Rockette–Hillis analysis of a reader study.
 *
 * @param options.modalities which to compare and in which order; all by default
 * @param options.analysis what the claim generalises to; new readers and cases by default
 * @returns status `too-few-readers` with one reader (only `fixed-readers` can then be had)
 * @throws InputError on designs that are neither crossed nor nested, or arms that share some cases only
 */
export function orhAnalysis(
  study: ReaderStudy,
  options: LevelOptions & {
    readonly modalities?: readonly string[];
    readonly analysis?: OrhAnalysis;
  } = {},
): OrhResult {
  const level = requireLevel(options.level);
  const { modalities = modalitiesOf(study), analysis = "random-readers-and-cases" } = options;
  if (modalities.length < 2 || new Set(modalities).size < modalities.length) {
    throw new InputError(
      `Cannot compare modalities: found ${modalities.join(", ") || "none"}, wanted two or more different ones`,
    );
  }
  const layout = layOut(study, modalities);
  const { cells, design, nested } = layout;
  const t = modalities.length;
  const r = cells[0]!.length;
  const smallest = {
    n1: Math.min(...cells.flat().map((c) => c.n1)),
    n0: Math.min(...cells.flat().map((c) => c.n0)),
  };
  const areas = cells.map((row) => Float64Array.from(row, (c) => c.placements.auc));
  const tooFew = smallest.n1 < 2 || smallest.n0 < 2;
  const status: Status = tooFew
    ? "too-few-cases"
    : r < 2 && analysis !== "fixed-readers"
      ? "too-few-readers"
      : "ok";
  const none = { variance: NaN, cov1: NaN, cov2: NaN, cov3: NaN };
  const cov = tooFew
    ? { ...none, shared: none, own: cells.map(() => none) }
    : covariancesOf(layout);
  const means = areas.map((row) => meanOf(row));
  const grand = meanOf(means);
  const readerMeans = Array.from({ length: r }, (_, j) => meanOf(areas.map((row) => row[j]!)));
  let msT = 0;
  for (const m of means) msT += (r * (m - grand) ** 2) / (t - 1);
  let residual = 0;
  areas.forEach((row, i) =>
    row.forEach((v, j) => {
      const expected = nested ? means[i]! : means[i]! + readerMeans[j]! - grand;
      residual += (v - expected) ** 2;
    }),
  );
  const residualDf = nested ? t * (r - 1) : (t - 1) * (r - 1);
  const msResidual = r > 1 ? residual / residualDf : NaN;
  const gain = Math.max(cov.cov2 - cov.cov3, 0);
  const { scale, df2 } = denominatorOf(analysis, {
    msResidual,
    residualDf,
    r,
    gain,
    fixed: Math.max(cov.variance - cov.cov1 + (r - 1) * (cov.cov2 - cov.cov3), 0),
  });
  const statistic = status === "ok" ? msT / scale : NaN;
  const constant = status === "ok" && !(scale > 1e-15);
  const perfect = areas.every((row) => row.every((v) => v === 0 || v === 1));
  const finalStatus: Status = constant
    ? perfect
      ? "perfect-separation"
      : "constant-scores"
    : status;
  const usable = finalStatus === "ok";
  const shared = { present: smallest.n1, absent: smallest.n0 };
  const interaction = nested
    ? msResidual - cov.variance + cov.cov2
    : msResidual - cov.variance + cov.cov1 + gain;
  const base = makeEstimate({
    status: finalStatus,
    estimate: grand,
    standardError: NaN,
    interval: noInterval(level),
    method: "Obuchowski-Rockette-Hillis",
    ...shared,
  });
  return Object.freeze({
    status: finalStatus,
    remedy: base.remedy,
    analysis,
    design,
    modalities: Object.freeze([...modalities]),
    areas,
    components: Object.freeze({
      ...cov.shared,
      interaction: Math.max(0, interaction),
    }),
    test: Object.freeze({
      statistic: usable ? statistic : NaN,
      df1: t - 1,
      df2,
      pValue: usable ? fCdf(statistic, { df1: t - 1, df2, upper: true }) : NaN,
    }),
    estimates: means.map((estimate, i) =>
      singleEstimate(areas[i]!, estimate, { ...cov.own[i]!, ...shared, level, analysis }),
    ),
    differences: modalities.flatMap((first, i) =>
      modalities.slice(i + 1).map((second, k) => {
        const pair = [means[i]!, means[i + 1 + k]!] as const;
        const estimate = pair[0] - pair[1];
        const se = Math.sqrt((2 * scale) / r);
        const half = usable ? studentTQuantile((1 + level) / 2, { df: df2 }) * se : NaN;
        const statisticT = usable ? estimate / se : NaN;
        return makeEstimate({
          ...shared,
          status: finalStatus,
          estimate,
          standardError: usable ? se : NaN,
          interval: { lower: estimate - half, upper: estimate + half, level },
          method: `Obuchowski-Rockette-Hillis, ${analysis}`,
          areas: pair,
          correlation: cov.cov1 / cov.variance,
          statistic: statisticT,
          df: df2,
          pValue: 2 * studentTCdf(-Math.abs(statisticT), { df: df2 }),
          modalities: [first, second] as const,
        });
      }),
    ),
  });
}

function denominatorOf(
  analysis: OrhAnalysis,
  at: { msResidual: number; residualDf: number; r: number; gain: number; fixed: number },
): { scale: number; df2: number } {
  if (analysis === "fixed-readers") return { scale: at.fixed, df2: Infinity };
  if (analysis === "fixed-cases") return { scale: at.msResidual, df2: at.residualDf };
  const scale = at.msResidual + at.r * at.gain;
  // No spread between readers at all leaves the cases alone, with a normal reference.
  const df2 = at.msResidual > 0 ? scale ** 2 / (at.msResidual ** 2 / at.residualDf) : Infinity;
  return { scale, df2 };
}

/** Interval on the logit scale, where the published one is symmetric and fell 3 % short near 0.85 with five readers. */
function singleEstimate(
  areas: Float64Array,
  estimate: number,
  at: {
    variance: number;
    cov2: number;
    present: number;
    absent: number;
    level: number;
    analysis: OrhAnalysis;
  },
): Estimate {
  const r = areas.length;
  let ms = 0;
  for (const v of areas) ms += (v - estimate) ** 2 / (r - 1);
  const random = at.analysis === "random-readers-and-cases";
  const scale =
    at.analysis === "fixed-readers"
      ? at.variance + (r - 1) * at.cov2
      : ms + (random ? Math.max(r * at.cov2, 0) : 0);
  const df =
    at.analysis === "fixed-readers" || ms === 0 ? Infinity : scale ** 2 / (ms ** 2 / (r - 1));
  const usable = Number.isFinite(scale) && scale > 1e-15;
  const se = Math.sqrt(scale / r);
  const half = usable ? studentTQuantile((1 + at.level) / 2, { df }) * se : NaN;
  const perfect = estimate === 0 || estimate === 1;
  return makeEstimate({
    status: usable
      ? "ok"
      : r < 2 && at.analysis !== "fixed-readers"
        ? "too-few-readers"
        : perfect
          ? "perfect-separation"
          : "too-few-cases",
    estimate,
    standardError: usable ? se : NaN,
    interval: usable ? { ...logitLimits(estimate, half), level: at.level } : noInterval(at.level),
    method: `Obuchowski-Rockette-Hillis, ${at.analysis}`,
    present: at.present,
    absent: at.absent,
  });
}
