/** Elements of files: types, sizes, byte order, and the way to float32 and back. */
import { FormatError, InputError } from "../core/errors.ts";
import { type Axes, sizeOf } from "../core/image.ts";
import type { Stored, StoredArray, StoredType } from "../core/stored.ts";
import { giveTurn } from "../core/turns.ts";

/** Bytes of one element. */
export const bytesOf: Readonly<Record<StoredType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
};

export const allTypes = Object.freeze(Object.keys(bytesOf)) as readonly StoredType[];

/** Smallest and largest value of an integer type, as numbers; undefined for floating point. */
export function integerRange(type: StoredType): { min: number; max: number } | undefined {
  if (type === "float32" || type === "float64") return undefined;
  const bits = 8 * bytesOf[type];
  return type.startsWith("u")
    ? { min: 0, max: 2 ** bits - 1 }
    : { min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 };
}

const littleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** An array of `count` zeros of a type. */
export function emptyArray(type: StoredType, count: number): StoredArray {
  return viewOf(type, new ArrayBuffer(count * bytesOf[type]), 0, count);
}

/** A typed view of a buffer in the host's byte order. */
function viewOf(
  type: StoredType,
  buffer: ArrayBufferLike,
  offset: number,
  count: number,
): StoredArray {
  switch (type) {
    case "int8":
      return new Int8Array(buffer, offset, count);
    case "uint8":
      return new Uint8Array(buffer, offset, count);
    case "int16":
      return new Int16Array(buffer, offset, count);
    case "uint16":
      return new Uint16Array(buffer, offset, count);
    case "int32":
      return new Int32Array(buffer, offset, count);
    case "uint32":
      return new Uint32Array(buffer, offset, count);
    case "int64":
      return new BigInt64Array(buffer, offset, count);
    case "uint64":
      return new BigUint64Array(buffer, offset, count);
    case "float32":
      return new Float32Array(buffer, offset, count);
    case "float64":
      return new Float64Array(buffer, offset, count);
  }
}

/** Reverses the bytes of every element in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  if (width === 1) return;
  for (let p = 0; p + width <= bytes.length; p += width) {
    for (let a = p, b = p + width - 1; a < b; a++, b--) {
      const kept = bytes[a]!;
      bytes[a] = bytes[b]!;
      bytes[b] = kept;
    }
  }
}

/**
 * Elements from bytes: a view where byte order and alignment allow, a copy otherwise.
 *
 * @param offset byte at which the first element stands
 * @throws FormatError (`truncated`) when the bytes end before the last element
 */
export function readElements(
  bytes: Uint8Array,
  options: {
    format: string;
    type: StoredType;
    count: number;
    offset?: number;
    littleEndian?: boolean;
  },
): StoredArray {
  const { format, type, count, offset = 0, littleEndian = true } = options;
  const width = bytesOf[type];
  const wanted = count * width;
  if (!Number.isSafeInteger(wanted) || offset < 0 || offset + wanted > bytes.length) {
    throw new FormatError(
      `Cannot read ${count} ${type} elements: found ${Math.max(0, bytes.length - offset)} bytes, wanted ${wanted}`,
      { format, kind: "truncated", offset: bytes.length },
    );
  }
  const swap = littleEndian !== littleEndianHost && width > 1;
  const start = bytes.byteOffset + offset;
  if (!swap && start % width === 0) return viewOf(type, bytes.buffer, start, count);
  const copy = bytes.slice(offset, offset + wanted);
  if (swap) swapBytes(copy, width);
  return viewOf(type, copy.buffer, 0, count);
}

/** Bytes of elements in the asked byte order; a view of the same memory when nothing has to change. */
export function writeElements(data: StoredArray, littleEndian = true): Uint8Array {
  const view = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (littleEndian === littleEndianHost || data.BYTES_PER_ELEMENT === 1) return view;
  const copy = view.slice();
  swapBytes(copy, data.BYTES_PER_ELEMENT);
  return copy;
}

/**
 * Refuses sizes that no file of this length can mean, before anything is allocated.
 *
 * @throws FormatError (`corrupt` for sizes below 1, `too-large` above `maxElements`)
 */
export function checkSizes(
  sizes: readonly number[],
  details: { format: string; offset: number; maxElements?: number },
): number {
  const { format, offset, maxElements = defaultMaxElements } = details;
  for (const size of sizes) {
    if (!Number.isInteger(size) || size < 1) {
      throw new FormatError(
        `Cannot read sizes: found [${sizes.join(", ")}], wanted positive whole numbers`,
        { format, kind: "corrupt", offset },
      );
    }
  }
  const count = sizeOf(sizes);
  if (count > maxElements) {
    throw new FormatError(
      `Cannot read sizes [${sizes.join(", ")}]: found ${count} elements, wanted at most ${maxElements}`,
      { format, kind: "too-large", offset },
    );
  }
  return count;
}

/** Elements that a reader accepts unless told otherwise: one GiB of float32. */
const defaultMaxElements = 2 ** 28;

/**
 * The values of stored elements as float32, `slope · element + intercept` in float64 before rounding.
 * Interleaved components become planes of the image's `c` axis, which stands before its spatial axes.
 *
 * @param axes the image's axes; say whether a block of components is a plane or a volume
 */
export function toFloat32(stored: Stored, axes: Axes): Float32Array {
  const { data, components, slope, intercept, planes } = stored;
  const out = new Float32Array(data.length);
  const spatial = sizeOf(stored.shape.slice(-2));
  const plain = slope === 1 && intercept === 0 && planes === undefined;
  if (components === 1) {
    if (plain && !(data instanceof BigInt64Array) && !(data instanceof BigUint64Array)) {
      out.set(data);
      return out;
    }
    for (let i = 0; i < data.length; i++) {
      const plane = planes === undefined ? 0 : Math.floor(i / spatial);
      const a = planes?.slope[plane] ?? slope;
      const b = planes?.intercept[plane] ?? intercept;
      out[i] = a * Number(data[i]) + b;
    }
    return out;
  }
  const volume = sizeOf(stored.shape.slice(axes.includes("z") ? -3 : -2));
  const voxels = data.length / components;
  for (let v = 0; v < voxels; v++) {
    const block = Math.floor(v / volume);
    const within = v - block * volume;
    for (let c = 0; c < components; c++) {
      out[(block * components + c) * volume + within] =
        slope * Number(data[v * components + c]) + intercept;
    }
  }
  return out;
}

/** Elements turned into values between two turns of the event loop. */
const perTurn = 2 ** 22;

/**
 * As `toFloat32`, with turns for the event loop where there are many elements.
 *
 * @throws CancelledError when the signal is raised
 */
export async function valuesOfElements(
  stored: Stored,
  axes: Axes,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> {
  const { data, components, planes } = stored;
  if (components > 1 || planes !== undefined || data.length <= perTurn) {
    return toFloat32(stored, axes);
  }
  const out = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += perTurn) {
    await giveTurn(signal, "reading values");
    out.set(toFloat32({ ...stored, data: data.subarray(at, at + perTurn) }, axes), at);
  }
  return out;
}

/**
 * Elements of a type from float values: rounded to the nearest for integers, `(value − intercept) /
 * slope` first.
 *
 * @throws InputError when a value does not fit the type or is not finite and the type is whole
 */
export function fromFloat(
  values: ArrayLike<number>,
  type: StoredType,
  scaling: { slope?: number; intercept?: number } = {},
): StoredArray {
  const { slope = 1, intercept = 0 } = scaling;
  const out = emptyArray(type, values.length);
  const range = integerRange(type);
  for (let i = 0; i < values.length; i++) {
    const v = (values[i]! - intercept) / slope;
    if (range === undefined) {
      out[i] = v;
      continue;
    }
    const whole = Math.round(v);
    if (!(whole >= range.min && whole <= range.max)) {
      throw new InputError(
        `Cannot write ${values[i]} as ${type}: found ${v} after scaling, wanted ${range.min} to ${range.max}`,
      );
    }
    if (out instanceof BigInt64Array || out instanceof BigUint64Array) out[i] = BigInt(whole);
    else out[i] = whole;
  }
  return out;
}

/**
 * Values as elements of the kind that others had, where those hold every value to the last bit: an image
 * of whole numbers stays one. Undefined where one value needs floating point.
 *
 * @param like integer elements of as many values, with one scaling for all
 */
export function exactStored(values: Float32Array, like: Stored, axes: Axes): Stored | undefined {
  const { type, slope, intercept, components } = like;
  const range = integerRange(type);
  if (range === undefined || like.planes !== undefined || values.length !== like.data.length) {
    return undefined;
  }
  const data = emptyArray(type, values.length);
  const volume = sizeOf(like.shape.slice(axes.includes("z") ? -3 : -2));
  for (let i = 0; i < values.length; i++) {
    const whole = Math.round((values[i]! - intercept) / slope);
    const exact = Math.fround(slope * whole + intercept) === values[i];
    if (!exact || whole < range.min || whole > range.max) return undefined;
    const block = Math.floor(i / volume);
    const at =
      components === 1
        ? i
        : (Math.floor(block / components) * volume + (i % volume)) * components +
          (block % components);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at] = BigInt(whole);
    else data[at] = whole;
  }
  return { ...like, data };
}

/** Value of the bits of a half-precision number. */
export function halfToFloat(h: number): number {
  const sign = h & 0x8000 ? -1 : 1;
  const exponent = (h >> 10) & 31;
  const fraction = h & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
