/** Small words about numbers that tables and texts share. */

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, v) => sum + v, 0) / values.length;

/** `95 %` of 0.95. */
export const percentText = (share: number): string => `${100 * share} %`;
