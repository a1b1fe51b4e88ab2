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
