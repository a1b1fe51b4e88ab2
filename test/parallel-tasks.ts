/** Functions that the tests of `src/parallel` run in worker threads. */
import { InputError } from "../src/core/errors.ts";
import { streamOf } from "../src/core/random.ts";

/** Mean of draws from the stream of this index. */
export function meanOfDraws(task: { index: number; draws: number }): Float64Array {
  const stream = streamOf(5, task.index);
  let sum = 0;
  for (let i = 0; i < task.draws; i++) sum += stream.normal();
  return Float64Array.of(task.index, sum / task.draws);
}

/** Refuses the third task. */
export function refuseThird(index: number): number {
  if (index === 3) throw new InputError(`Cannot take ${index}: found 3, wanted another`);
  return index * index;
}

/** Never ends unless stopped. */
export async function endless(
  _task: number,
  context: { pause: () => Promise<void> },
): Promise<number> {
  for (;;) await context.pause();
}

/** Holds its thread without a pause: only ending the thread stops it. */
export function stuck(): number {
  for (;;) Math.sqrt(2);
}

/** Writes the square of its index into shared memory. */
export function writeShared(task: { values: Float32Array; index: number }): number {
  task.values[task.index] = task.index ** 2;
  return 0;
}
