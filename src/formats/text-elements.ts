/** Elements that a file holds as text. */
import { FormatError } from "../core/errors.ts";
import { emptyArray, integerRange } from "../codecs/elements.ts";
import type { StoredArray, StoredType } from "../core/stored.ts";

export interface TextPlace {
  readonly format: string;
  readonly type: StoredType;
  /** Numbers wanted; what stands behind them is left alone. */
  readonly count: number;
  /** Byte of the file at which the text begins, for messages. */
  readonly offset: number;
}

/**
 * Elements from numbers between blanks or commas.
 *
 * @throws FormatError `truncated` when there are too few, `corrupt` at the first that is none of the type
 */
export function elementsOfText(data: Uint8Array, place: TextPlace): StoredArray {
  const fail = (message: string, kind: "truncated" | "corrupt", offset: number): never => {
    throw new FormatError(message, { format: place.format, kind, offset });
  };
  // Each number takes a digit, and all but the last a separator.
  if (data.length < 2 * place.count - 1) {
    fail(
      `Cannot read text elements: found ${data.length} characters, wanted ${place.count} numbers`,
      "truncated",
      place.offset + data.length,
    );
  }
  const out = emptyArray(place.type, place.count);
  const range = integerRange(place.type);
  let i = 0;
  for (let k = 0; k < place.count; k++) {
    while (i < data.length && (data[i]! <= 32 || data[i] === 44)) i++;
    const from = i;
    while (i < data.length && data[i]! > 32 && data[i] !== 44) i++;
    const text = String.fromCharCode(...data.subarray(from, Math.min(i, from + 400)));
    if (text === "")
      fail(
        `Cannot read text elements: found ${k} numbers, wanted ${place.count}`,
        "truncated",
        place.offset + data.length,
      );
    const value = /^nan$/i.test(text)
      ? NaN
      : /^[-+]?inf(inity)?$/i.test(text)
        ? text.startsWith("-")
          ? -Infinity
          : Infinity
        : Number(text);
    const bad = Number.isNaN(value) && !/^nan$/i.test(text);
    if (
      bad ||
      (range !== undefined &&
        !(Number.isInteger(value) && value >= range.min && value <= range.max))
    ) {
      fail(
        `Cannot read text elements: found ${JSON.stringify(text.slice(0, 20))}, wanted a number of type ${place.type}`,
        "corrupt",
        place.offset + from,
      );
    }
    if (out instanceof BigInt64Array || out instanceof BigUint64Array)
      out[k] = BigInt.asIntN(64, BigInt(text));
    else out[k] = value;
  }
  return out;
}
