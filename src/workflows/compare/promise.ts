/** Whether the d' from noise and resolution says of a method what the images say. */
import type { Scores } from "../../stats/scores.ts";
import { scoreSeparation } from "../../observers/detectability.ts";
import { normalFactor } from "../../stats/result.ts";
import type { Detected } from "./judge.ts";

interface Both {
  readonly promised: number;
  readonly eye: Detected;
}

/** Ratios nearer to one another than this agree in any case. */
const leastApart = 1.1;
const level = 0.95;

/**
 * A sentence where the promised ratio of d' with and without denoising lies outside the interval of the found ratio
 * (a jackknife over cases on its logarithm).
 */
export function brokenPromise(
  own: Both,
  base: Both,
  scores: { readonly own: Scores; readonly base: Scores },
): string | undefined {
  const promised = own.promised / base.promised;
  const found = logRatio(scores.own, scores.base);
  if (!Number.isFinite(promised) || !(promised > 0) || !Number.isFinite(found)) return undefined;
  const se = jackknife(scores);
  const half = normalFactor(level) * se;
  const apart = Math.log(promised) - found;
  if (!(Math.abs(apart) > Math.max(half, Math.log(leastApart)))) return undefined;
  const percent = (ratio: number) =>
    `${ratio >= 1 ? "+" : "−"}${Math.abs(100 * (ratio - 1)).toFixed(0)} %`;
  return `noise and resolution promise ${percent(promised)} in d', the images give ${percent(Math.exp(found))} (${percent(Math.exp(found - half))} to ${percent(Math.exp(found + half))})`;
}

function logRatio(own: Scores, base: Scores): number {
  const d = (s: Scores) =>
    scoreSeparation(Float64Array.from(s.present), Float64Array.from(s.absent));
  return Math.log(d(own) / d(base));
}

function jackknife({ own, base }: { readonly own: Scores; readonly base: Scores }): number {
  let variance = 0;
  for (const what of ["present", "absent"] as const) {
    const n = own[what].length;
    const left = Array.from({ length: n }, (_, gone) => {
      const without = (s: Scores): Scores => ({
        ...s,
        [what]: Array.from(s[what]).filter((_, i) => i !== gone),
      });
      return logRatio(without(own), without(base));
    });
    const mean = left.reduce((s, v) => s + v, 0) / n;
    variance += ((n - 1) / n) * left.reduce((s, v) => s + (v - mean) ** 2, 0);
  }
  return Math.sqrt(variance);
}
