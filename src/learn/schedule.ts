/** Learning rates over the steps of a training. */
import { InputError } from "../core/errors.ts";

export interface Schedule {
  readonly kind: "constant" | "step" | "cosine";
  /** Highest rate. */
  readonly rate: number;
  /** Steps over which the rate rises linearly from rate/warmup to its height. */
  readonly warmup?: number;
  /** Step schedule: steps at which the rate is multiplied by `factor`. */
  readonly milestones?: readonly number[];
  readonly factor?: number;
  /** Cosine schedule: rate at the end. */
  readonly final?: number;
}

/**
 * Rate of a step.
 *
 * @param step counted from 0
 * @param steps length of the training
 */
export function rateAt(schedule: Schedule, step: number, steps: number): number {
  if (!(schedule.rate > 0)) {
    throw new InputError(`Cannot schedule: found rate ${schedule.rate}, wanted a number > 0`);
  }
  const warmup = schedule.warmup ?? 0;
  const rise = step < warmup ? (step + 1) / warmup : 1;
  if (schedule.kind === "step") {
    const passed = (schedule.milestones ?? []).filter((m) => step >= m).length;
    return rise * schedule.rate * (schedule.factor ?? 0.1) ** passed;
  }
  if (schedule.kind === "cosine") {
    const final = schedule.final ?? 0;
    const along = Math.max(0, step - warmup) / Math.max(1, steps - 1 - warmup);
    const swing = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, along)));
    return rise * (final + (schedule.rate - final) * swing);
  }
  return rise * schedule.rate;
}
