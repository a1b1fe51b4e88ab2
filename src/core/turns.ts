/** Turns of the event loop within long work. */
import { throwIfAborted } from "./errors.ts";

/**
 * Lets timers, Ctrl-C and messages through.
 *
 * @throws CancelledError when the signal has been raised
 */
export async function giveTurn(signal: AbortSignal | undefined, work: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  throwIfAborted(signal, work);
}
