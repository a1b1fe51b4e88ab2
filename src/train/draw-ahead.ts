/** Batches asked for before they are needed, so that drawing and stepping run side by side. */
import type { Batch, BatchSource, FieldName } from "./batch.ts";

export interface DrawPlan {
  readonly fields: readonly FieldName[];
  /** Batches of a step. */
  readonly draws: number;
  /** First step, and the one after the last. */
  readonly from: number;
  readonly steps: number;
}

/**
 * The batches of a step, by its number; steps are asked for one after the other. Later steps' batches are
 * under way while the present one runs.
 */
export function drawAhead(
  source: BatchSource,
  { fields, draws, from, steps }: DrawPlan,
): (step: number) => Promise<readonly Batch[]> {
  const waiting = new Map<number, Promise<readonly Batch[]>>();
  const ask = (step: number) => {
    const drawn = Promise.all(
      Array.from({ length: draws }, async (_, draw) => source.draw({ step, draw, fields })),
    );
    // Whoever takes the step hears of a failure; until then nobody else need.
    drawn.catch(() => undefined);
    waiting.set(step, drawn);
  };
  let next = from;
  return (step) => {
    const last = Math.min(steps - 1, step + (source.ahead ?? 1));
    for (; next <= last; next++) ask(next);
    const drawn = waiting.get(step)!;
    waiting.delete(step);
    return drawn;
  };
}
