/** How many cases and readers a study needs. */
import { InputError } from "../core/errors.ts";
import { fQuantile } from "../math/distributions.ts";
import { nonCentralFCdf } from "../math/noncentral.ts";
import { normalCdf, normalPdf, normalQuantile } from "../math/normal.ts";
import { normalFactor } from "./result.ts";
import type { OrhComponents } from "./mrmc-orh.ts";

function requireArea(area: number): void {
  if (!(area > 0.5 && area < 1)) {
    throw new InputError(
      `Cannot plan a study: found area ${area}, wanted one between 0.5 and 1 from a pilot or the literature`,
    );
  }
}

function requirePower(power: number, alpha: number): void {
  if (!(power > 0 && power < 1) || !(alpha > 0 && alpha < 1)) {
    throw new InputError(
      `Cannot plan a study: found power ${power} and alpha ${alpha}, wanted numbers between 0 and 1`,
    );
  }
}

/**
 * Sampling variance of an area under equal-variance normal scores, after [obuchowski1997sample]: A = Φ(d'/√2) and
 * Var d' = 1/n₁ + 1/n₀ + d'²/(2(n₁ + n₀ − 2)), as with a pooled standard deviation, by the delta method.
 */
export function plannedVariance(
  area: number,
  sizes: { readonly present: number; readonly absent: number },
): number {
  const u = normalQuantile(area);
  const { present: n1, absent: n0 } = sizes;
  const d2 = 2 * u * u;
  const variance = 1 / n1 + 1 / n0 + d2 / (2 * Math.max(n1 + n0 - 2, 1));
  return (normalPdf(u) ** 2 * variance) / 2;
}

export interface PlannedCases {
  readonly present: number;
  readonly absent: number;
  /** Half-width or power that these numbers reach. */
  readonly reaches: number;
  readonly method: string;
}

const mostCases = 10_000_000;

function smallest(good: (n: number) => boolean, what: string): number {
  let high = 2;
  while (!good(high)) {
    high *= 2;
    if (high > mostCases) {
      throw new InputError(
        `Cannot plan a study: found no ${what} up to ${mostCases} that suffices, wanted a larger effect or a looser aim`,
      );
    }
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const mid = Math.floor((low + high) / 2);
    if (good(mid)) high = mid;
    else low = mid;
  }
  return high;
}

/**
 * Cases needed for an interval of the area of a given half-width.
 *
 * @param options.ratio absent cases per present case, 1 by default
 */
export function casesForWidth(
  area: number,
  options: { readonly halfWidth: number; readonly level?: number; readonly ratio?: number },
): PlannedCases {
  requireArea(area);
  const { halfWidth, level = 0.95, ratio = 1 } = options;
  const z = normalFactor(level);
  const sizes = (n: number) => ({ present: n, absent: Math.max(2, Math.ceil(n * ratio)) });
  const width = (n: number) => z * Math.sqrt(plannedVariance(area, sizes(n)));
  const n = smallest((k) => width(k) <= halfWidth, "number of cases");
  return Object.freeze({ ...sizes(n), reaches: width(n), method: "normal scores, Wald" });
}

/** Power of the two-sided paired comparison of two areas on the same cases. */
export function powerOfPair(
  areas: readonly [number, number],
  options: {
    readonly present: number;
    readonly absent: number;
    /** Correlation of the two area estimates; 0.5 is usual for one observer on two versions of an image. */
    readonly correlation: number;
    readonly alpha?: number;
  },
): number {
  areas.forEach(requireArea);
  const { alpha = 0.05, correlation } = options;
  const v = areas.map((a) => plannedVariance(a, options)) as [number, number];
  const se = Math.sqrt(v[0] + v[1] - 2 * correlation * Math.sqrt(v[0] * v[1]));
  const shift = Math.abs(areas[0] - areas[1]) / se;
  const z = normalFactor(1 - alpha);
  return normalCdf(shift - z) + normalCdf(-shift - z);
}

/** Cases needed to tell two areas apart with the given power, both arms on the same cases. */
export function casesForPair(
  areas: readonly [number, number],
  options: {
    readonly correlation: number;
    readonly power?: number;
    readonly alpha?: number;
    readonly ratio?: number;
  },
): PlannedCases {
  areas.forEach(requireArea);
  const { power = 0.8, alpha = 0.05, ratio = 1, correlation } = options;
  requirePower(power, alpha);
  if (areas[0] === areas[1]) {
    throw new InputError(
      "Cannot plan a study: found two equal areas, wanted a difference to detect",
    );
  }
  const sizes = (n: number) => ({ present: n, absent: Math.max(2, Math.ceil(n * ratio)) });
  const powerAt = (n: number) => powerOfPair(areas, { ...sizes(n), correlation, alpha });
  const n = smallest((k) => powerAt(k) >= power, "number of cases");
  return Object.freeze({ ...sizes(n), reaches: powerAt(n), method: "normal scores, paired Wald" });
}

/**
 * Power of a multi-reader study of two modalities, readers and cases random, from the components of a
 * pilot [hillis2011power].
 *
 * @param components Var, Cov1–3 and the interaction as `orhAnalysis` gives them
 * @param options.effect difference of areas to detect
 * @param options.readers number of readers ≥ 2
 * @param options.caseRatio cases planned over cases of the pilot
 */
export function powerOfReaders(
  components: OrhComponents,
  options: {
    readonly effect: number;
    readonly readers: number;
    readonly caseRatio: number;
    readonly alpha?: number;
  },
): number {
  const { effect, readers: r, caseRatio, alpha = 0.05 } = options;
  if (!(r >= 2) || !(caseRatio > 0)) {
    throw new InputError(
      `Cannot plan a study: found ${r} readers and case ratio ${caseRatio}, wanted 2 or more and a positive number`,
    );
  }
  const gain = Math.max(components.cov2 - components.cov3, 0);
  const own = components.variance - components.cov1;
  const residual = components.interaction + Math.max(own - gain, 0) / caseRatio;
  const scale = components.interaction + Math.max(own + (r - 1) * gain, 0) / caseRatio;
  const df2 = residual > 0 ? scale ** 2 / (residual ** 2 / (r - 1)) : Infinity;
  const noncentrality = ((r / 2) * effect ** 2) / scale;
  const critical = fQuantile(1 - alpha, { df1: 1, df2 });
  return nonCentralFCdf(critical, { df1: 1, df2, noncentrality, upper: true });
}

export interface PlannedReaders {
  readonly readers: number;
  /** Cases over the pilot's cases. */
  readonly caseRatio: number;
  readonly power: number;
}

/**
 * For each number of readers the smallest case ratio (in steps of a hundredth, up to 100) that reaches the
 * power; numbers of readers that cannot reach it with any number of cases are left out.
 */
export function planReaders(
  components: OrhComponents,
  options: {
    readonly effect: number;
    readonly readers: readonly number[];
    readonly power?: number;
    readonly alpha?: number;
  },
): readonly PlannedReaders[] {
  const { effect, readers, power = 0.8, alpha = 0.05 } = options;
  requirePower(power, alpha);
  const plans: PlannedReaders[] = [];
  for (const r of readers) {
    const at = (ratio: number) =>
      powerOfReaders(components, { effect, readers: r, caseRatio: ratio, alpha });
    if (at(100) < power) continue;
    let low = 0;
    let high = 10_000;
    while (high - low > 1) {
      const mid = Math.floor((low + high) / 2);
      if (at(mid / 100) >= power) high = mid;
      else low = mid;
    }
    plans.push(Object.freeze({ readers: r, caseRatio: high / 100, power: at(high / 100) }));
  }
  return Object.freeze(plans);
}
