/** JSON that a terminal may be shown. */

/** JSON has no NaN and no infinities; `null` would hide which it was. Typed arrays become plain lists. */
function withNumbers(_key: string, value: unknown): unknown {
  if (value instanceof Float32Array || value instanceof Float64Array) return [...value];
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/**
 * A value as JSON. `JSON.stringify` escapes the control characters of C0 alone; those of C1, DEL and the marks
 * of bidirectional text are escaped too.
 *
 * @param space columns to indent by; one line when absent
 */
export function jsonText(value: object, space?: number): string {
  return JSON.stringify(value, withNumbers, space).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
