/**
 * Laguerre–Gauss channels [gallas2003validating]: (√2/h) exp(−πr²/h²) L_j(2πr²/h²), for rotationally
 * symmetric signals. In volumes r is the distance in three dimensions.
 */
import type { Centre, ChannelSet } from "./channel-set.ts";
import { channelRows } from "./channel-set.ts";

/** Laguerre polynomial L_n(x) by its recurrence. */
export function laguerre(n: number, x: number): number {
  let previous = 1;
  let current = 1 - x;
  if (n === 0) return 1;
  for (let k = 1; k < n; k++) {
    const next = ((2 * k + 1 - x) * current - k * previous) / (k + 1);
    previous = current;
    current = next;
  }
  return current;
}

/**
 * @param options.width h in pixels of the last axis
 * @param options.aspect pitch of each axis over that of the last, for anisotropic volumes
 */
export function laguerreGauss(
  shape: readonly number[],
  options: { count: number; width: number; centre: Centre; aspect?: readonly number[] },
): ChannelSet {
  const { count, width, centre, aspect = shape.map(() => 1) } = options;
  const reduced = (offset: readonly number[]) =>
    (Math.PI * offset.reduce((s, o, a) => s + (o * aspect[a]!) ** 2, 0)) / (width * width);
  return channelRows("laguerre-gauss", {
    shape,
    centre,
    functions: Array.from({ length: count }, (_, j) => (offset: readonly number[]) => {
      const x = reduced(offset);
      return Math.exp(-x) * laguerre(j, 2 * x);
    }),
  });
}
