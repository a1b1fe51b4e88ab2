/** Watches a training: stops what has left the path for good, and says what goes wrong without an error. */
import { RunError } from "../core/errors.ts";
import type { UpdateRow } from "../learn/trainer.ts";
import type { Batch } from "./batch.ts";

/** Something that a reader of the result must know: what happened, why, and what to do. */
export interface TrainingFinding {
  readonly name: "critic-collapse";
  readonly update: string;
  /** Step at which it was seen first. */
  readonly step: number;
  readonly cause: string;
  readonly remedy: string;
}

/** What the watch remembers of one update; part of every checkpoint. */
interface Usual {
  /** Running mean of the loss's magnitude. */
  readonly level: number;
  /** Whether the loss was ever below 0: it has no floor then, and may grow in either direction. */
  readonly signed: boolean;
  /** Steps in a row in which a critic told nothing apart. */
  readonly blind: number;
}

export interface Watch {
  readonly usual: Readonly<Record<string, Usual>>;
  readonly findings: readonly TrainingFinding[];
}

export const freshWatch: Watch = { usual: {}, findings: [] };

/** A loss with a floor that is this many times its usual level has left the path for good. */
const explosion = 50;
/** One of either sign passes through 0, so that its usual level may be small for good reasons. */
const signedExplosion = 1000;
/** Steps in a row after which a blind critic is reported. */
const patience = 50;
/** Scores that differ by less than this share of their magnitude are float32's rounding. */
const blindness = 1e-6;

const advice = "lower the rate, add warm-up, or set clipNorm";

/**
 * Follows one step.
 *
 * @param batch what the step read, to say whether the data were to blame
 * @throws RunError when a loss or gradient is not finite, or a loss explodes
 */
export function watchStep(
  watch: Watch,
  rows: Readonly<Record<string, UpdateRow>>,
  {
    step,
    name,
    rates,
    batch,
  }: {
    step: number;
    name: string;
    rates: Readonly<Record<string, number>>;
    batch: Batch;
  },
): Watch {
  const usual: Record<string, Usual> = { ...watch.usual };
  const findings = [...watch.findings];
  const entries = Object.entries(rows);
  for (const [update, row] of entries) {
    const { loss, norms, judged } = row;
    const where = entries.length === 1 ? "" : ` of update ${update}`;
    const [role, norm = 0] = Object.entries(norms).find(([, n]) => !Number.isFinite(n)) ??
      Object.entries(norms)[0] ?? [""];
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      throw new RunError(
        `Cannot train ${name}: found loss ${loss} and gradient norm ${norm}${where} at step ${step} with rate ${rates[role]}; ${notFinite(batch) ?? advice}`,
      );
    }
    const old = usual[update];
    const size = Math.abs(loss);
    const signed = (old?.signed ?? false) || loss < 0;
    if (old !== undefined && step > 20) {
      const limit = signed ? signedExplosion * old.level + 1 : explosion * old.level + 1e-6;
      if (size > limit) {
        throw new RunError(
          `Cannot train ${name}: found loss ${loss}${where} at step ${step}, ${signed ? signedExplosion : explosion} times the usual ${old.level.toPrecision(3)}; ${advice}`,
        );
      }
    }
    const blind = judged !== undefined && isBlind(judged) ? (old?.blind ?? 0) + 1 : 0;
    if (blind === patience)
      findings.push(collapse(update, step, Math.max(...Object.values(norms))));
    usual[update] = {
      level: old === undefined ? size : 0.95 * old.level + 0.05 * size,
      signed,
      blind,
    };
  }
  return { usual, findings };
}

const isBlind = ({ real, generated }: { real: number; generated: number }) =>
  Math.abs(real - generated) <= blindness * Math.max(Math.abs(real), Math.abs(generated));

function collapse(update: string, step: number, norm: number): TrainingFinding {
  return {
    name: "critic-collapse",
    update,
    step,
    cause: `the critic has given real and generated images the same score for ${patience} steps (gradient norm ${norm.toPrecision(3)}), so that the denoiser learns nothing from it`,
    remedy:
      "raise the limit of its weights or use a gradient penalty, lower its rate, or start it anew",
  };
}

/** Which field of a batch holds values that are not finite. */
function notFinite(batch: Batch): string | undefined {
  for (const [field, { data }] of Object.entries(batch)) {
    const count = data.reduce((n, v) => n + (Number.isFinite(v) ? 0 : 1), 0);
    if (count > 0) {
      return `the batch's ${field} holds ${count} values that are not finite: check the source`;
    }
  }
  return undefined;
}
