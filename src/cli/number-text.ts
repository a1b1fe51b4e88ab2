/** Numbers as tables and sentences show them. */

/** Up to so many significant digits. */
export const short = (value: number, digits = 4): string =>
  String(Number(value.toPrecision(digits)));

/** Three decimals, a dash for what is not known. */
export const three = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value)
    ? "–"
    : Number.isFinite(value)
      ? value.toFixed(3)
      : value > 0
        ? "∞"
        : "−∞";

export const probability = (p: number): string => (p < 0.001 ? "<0.001" : three(p));

/** An interval of three decimals. */
export const interval = (
  of: { readonly lower: number; readonly upper: number } | undefined,
): string => (of === undefined ? "–" : `${three(of.lower)} … ${three(of.upper)}`);

/** `1 file`, `3 files`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** A share as per cent, `95 %` for 0.95. */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(4))} %`;

/** `8 s`, `2 min 05 s`, `3 h 10 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number): string => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}
