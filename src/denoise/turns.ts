/**
 * Long work cut into steps: a generator that yields after every step, with progress now and then, and
 * returns the result. The same steps run at once, or in turns with the event loop.
 */
import { throwIfAborted } from "../core/errors.ts";
import type { Progress, WorkOptions } from "../core/progress.ts";
import { giveTurn } from "../core/turns.ts";

export type Steps<T> = Generator<Progress | undefined, T, void>;

/** Runs steps to their end and awaits a worker task's `pause` after each. */
export async function inPauses<T>(steps: Steps<T>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
  }
}

/** Longest time in ms that the event loop waits for its turn, plus the length of one step. */
const turnEvery = 20;

/**
 * Runs steps to their end without a pause.
 *
 * @throws CancelledError when the signal was raised before, or by the progress listener
 */
export function atOnce<T>(steps: Steps<T>, { signal, onProgress }: WorkOptions): T {
  for (;;) {
    throwIfAborted(signal, "minimising");
    const { done, value } = steps.next();
    if (done) return value;
    if (value) onProgress?.(value);
  }
}

/**
 * Runs steps to their end and gives the event loop a turn now and then, so that timers, Ctrl-C and an
 * abort get through.
 *
 * @throws CancelledError within a few dozen milliseconds after the signal is raised
 */
export async function inTurns<T>(
  steps: Steps<T>,
  { signal, onProgress, label }: WorkOptions & { readonly label: string },
): Promise<T> {
  let turned = performance.now();
  for (;;) {
    throwIfAborted(signal, label);
    const { done, value } = steps.next();
    if (done) return value;
    if (value) onProgress?.(value);
    if (performance.now() - turned < turnEvery) continue;
    await giveTurn(signal, label);
    turned = performance.now();
  }
}
