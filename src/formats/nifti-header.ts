/** The headers of NIfTI-1 (348 bytes) and NIfTI-2 (540 bytes), both byte orders [cox2004nifti]. */
import { FormatError } from "../core/errors.ts";
import { isPositive } from "./units-of-measure.ts";
import type { ComponentKind, StoredType } from "../core/stored.ts";
import { type Affine, determinant } from "./orientation.ts";

export interface NiftiElement {
  readonly type: StoredType;
  readonly components: number;
  readonly kind: ComponentKind;
}

/** Data type codes that are read and written. */
export const niftiElements: Readonly<Record<number, NiftiElement>> = {
  2: { type: "uint8", components: 1, kind: "scalar" },
  4: { type: "int16", components: 1, kind: "scalar" },
  8: { type: "int32", components: 1, kind: "scalar" },
  16: { type: "float32", components: 1, kind: "scalar" },
  32: { type: "float32", components: 2, kind: "complex" },
  64: { type: "float64", components: 1, kind: "scalar" },
  128: { type: "uint8", components: 3, kind: "rgb" },
  256: { type: "int8", components: 1, kind: "scalar" },
  512: { type: "uint16", components: 1, kind: "scalar" },
  768: { type: "uint32", components: 1, kind: "scalar" },
  1024: { type: "int64", components: 1, kind: "scalar" },
  1280: { type: "uint64", components: 1, kind: "scalar" },
  1792: { type: "float64", components: 2, kind: "complex" },
  2304: { type: "uint8", components: 4, kind: "rgba" },
};

/** Data type codes that are refused, each with its reason. */
const refusedTypes: Readonly<Record<number, string>> = {
  0: "no data type",
  1: "one-bit elements, whose packing the standard leaves open",
  1536: "128-bit floating point, whose layout differs between the machines that write it",
  2048: "complex 128-bit floating point, whose layout differs between the machines that write it",
};

export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** Header in the file of the data (`n+1`) or beside it (`ni1`). */
  readonly single: boolean;
  /** Sizes along x, y, z, t, u, v, w; `rank` of them count. */
  readonly dim: readonly number[];
  readonly rank: number;
  readonly datatype: number;
  readonly pixdim: readonly number[];
  readonly voxOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly xyztUnits: number;
  readonly description: string;
  readonly intentCode: number;
  readonly intentName: string;
  readonly qformCode: number;
  readonly sformCode: number;
  /** b, c, d, x, y, z. */
  readonly quaternion: readonly number[];
  /** RAS affine, row-major 3×4, in the header's spatial unit. */
  readonly sform: Affine;
  readonly remaining: NiftiRemaining;
}

/** Fields that say nothing of the image itself; a rewritten file keeps them. */
export interface NiftiRemaining {
  /** Which index axes are frequency, phase and slice, two bits each. */
  readonly dimInfo: number;
  readonly intent: readonly [number, number, number];
  readonly sliceStart: number;
  readonly sliceEnd: number;
  readonly sliceCode: number;
  /** In the header's unit of time, like `timeOffset`. */
  readonly sliceDuration: number;
  readonly timeOffset: number;
  /** Display range. */
  readonly calMin: number;
  readonly calMax: number;
  readonly auxFile: string;
}

export const nothingRemaining: NiftiRemaining = {
  dimInfo: 0,
  intent: [0, 0, 0],
  sliceStart: 0,
  sliceEnd: 0,
  sliceCode: 0,
  sliceDuration: 0,
  timeOffset: 0,
  calMin: 0,
  calMax: 0,
  auxFile: "",
};

/** A block behind the header: text, DICOM attributes, XML of AFNI or CIFTI. */
export interface NiftiExtension {
  readonly code: number;
  readonly content: Uint8Array;
}

const niftiHeaderBytes = { 1: 348, 2: 540 } as const;

/** Byte offsets of the fields that differ between the two versions. */
const offsets = {
  1: {
    magic: 344,
    dim: 40,
    datatype: 70,
    bitpix: 72,
    pixdim: 76,
    voxOffset: 108,
    slope: 112,
    intercept: 116,
    units: 123,
    description: 148,
    intentCode: 68,
    intentName: 328,
    qformCode: 252,
    sformCode: 254,
    quaternion: 256,
    sform: 280,
    dimInfo: 39,
    intent: 56,
    sliceStart: 74,
    sliceEnd: 120,
    sliceCode: 122,
    sliceDuration: 132,
    timeOffset: 136,
    calMax: 124,
    calMin: 128,
    auxFile: 228,
  },
  2: {
    magic: 4,
    dim: 16,
    datatype: 12,
    bitpix: 14,
    pixdim: 104,
    voxOffset: 168,
    slope: 176,
    intercept: 184,
    units: 500,
    description: 240,
    intentCode: 504,
    intentName: 508,
    qformCode: 344,
    sformCode: 348,
    quaternion: 352,
    sform: 400,
    dimInfo: 524,
    intent: 80,
    sliceStart: 224,
    sliceEnd: 232,
    sliceCode: 496,
    sliceDuration: 208,
    timeOffset: 216,
    calMax: 192,
    calMin: 200,
    auxFile: 320,
  },
} as const;

export interface NiftiKind {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  readonly single: boolean;
}

/** Version, byte order and layout by size field and magic; undefined when the bytes are no NIfTI. */
export function niftiKind(bytes: Uint8Array): NiftiKind | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const version of [1, 2] as const) {
    const size = niftiHeaderBytes[version];
    for (const littleEndian of [true, false]) {
      if (view.getInt32(0, littleEndian) !== size) continue;
      const at = offsets[version].magic;
      if (bytes.length < at + 4) continue;
      const magic = latin(bytes, at, 3);
      if (magic === `n+${version}`) return { version, littleEndian, single: true };
      if (magic === `ni${version}`) return { version, littleEndian, single: false };
    }
  }
  return undefined;
}

function latin(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  for (let i = at; i < at + length && i < bytes.length; i++) {
    const c = bytes[i]!;
    if (c === 0) break;
    text += String.fromCharCode(c);
  }
  return text;
}

/**
 * Parses and checks a header.
 *
 * @throws FormatError naming the field's byte offset
 */
export function parseNiftiHeader(bytes: Uint8Array): NiftiHeader {
  const fail = (
    message: string,
    kind: "truncated" | "corrupt" | "unsupported",
    offset: number,
  ): never => {
    throw new FormatError(message, { format: "nifti", kind, offset });
  };
  const found = niftiKind(bytes);
  if (found === undefined) {
    if (bytes.length >= 4 && [348, 540].includes(sizeField(bytes)) && bytes.length < 348) {
      return fail(
        `Cannot read a NIfTI header: found ${bytes.length} bytes, wanted at least 348`,
        "truncated",
        bytes.length,
      );
    }
    if (bytes.length >= 348 && sizeField(bytes) === 348) {
      return fail(
        `Cannot read a NIfTI header: found magic ${JSON.stringify(latin(bytes, 344, 4))} (ANALYZE 7.5 or damaged), wanted "n+1" or "ni1"`,
        "unsupported",
        344,
      );
    }
    return fail(
      "Cannot read a NIfTI header: found other first bytes, wanted a header size of 348 or 540 and its magic",
      "corrupt",
      0,
    );
  }
  const { version, littleEndian } = found;
  const size = niftiHeaderBytes[version];
  if (bytes.length < size) {
    fail(
      `Cannot read a NIfTI-${version} header: found ${bytes.length} bytes, wanted ${size}`,
      "truncated",
      bytes.length,
    );
  }
  const at = offsets[version];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = (offset: number) =>
    version === 1
      ? view.getInt16(offset, littleEndian)
      : Number(view.getBigInt64(offset, littleEndian));
  const real = (offset: number) =>
    version === 1 ? view.getFloat32(offset, littleEndian) : view.getFloat64(offset, littleEndian);
  const code = (offset: number) =>
    version === 1 ? view.getInt16(offset, littleEndian) : view.getInt32(offset, littleEndian);
  const wide = version === 1 ? 2 : 8;
  const realWidth = version === 1 ? 4 : 8;

  const rank = whole(at.dim);
  if (rank < 1 || rank > 7) {
    fail(`Cannot read a NIfTI header: found ${rank} dimensions, wanted 1 to 7`, "corrupt", at.dim);
  }
  // As the library of the standard reads them: a size that is not positive is one, except the first.
  const dim = [1, 2, 3, 4, 5, 6, 7].map((i) => {
    const size = i <= rank ? whole(at.dim + i * wide) : 1;
    return i > 1 && size < 1 ? 1 : size;
  });
  dim.forEach((n, i) => {
    if (n < 1 || !Number.isSafeInteger(n)) {
      fail(
        `Cannot read a NIfTI header: found size ${n} in dimension ${i + 1}, wanted at least 1`,
        "corrupt",
        at.dim + (i + 1) * wide,
      );
    }
  });
  const datatype = view.getInt16(at.datatype, littleEndian);
  if (niftiElements[datatype] === undefined) {
    fail(
      `Cannot read NIfTI data type ${datatype}: found ${refusedTypes[datatype] ?? "an unknown code"}, wanted one of ${Object.keys(niftiElements).join(", ")}`,
      refusedTypes[datatype] === undefined ? "corrupt" : "unsupported",
      at.datatype,
    );
  }
  const pixdim = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => real(at.pixdim + i * realWidth));
  const voxOffset =
    version === 1
      ? view.getFloat32(at.voxOffset, littleEndian)
      : Number(view.getBigInt64(at.voxOffset, littleEndian));
  const smallest = found.single ? size : 0;
  // A zero offset in a single file is common and means "right behind header and extension flag".
  const start = found.single && voxOffset === 0 ? size + 4 : voxOffset;
  if (!Number.isSafeInteger(start) || start < smallest) {
    fail(
      `Cannot read a NIfTI header: found data offset ${voxOffset}, wanted a whole number from ${smallest}`,
      "corrupt",
      at.voxOffset,
    );
  }
  return {
    ...found,
    dim,
    rank,
    datatype,
    pixdim,
    voxOffset: start,
    slope: real(at.slope),
    intercept: real(at.intercept),
    xyztUnits: version === 1 ? view.getUint8(at.units) : view.getInt32(at.units, littleEndian),
    description: latin(bytes, at.description, 80),
    intentCode: code(at.intentCode),
    intentName: latin(bytes, at.intentName, 16),
    qformCode: code(at.qformCode),
    sformCode: code(at.sformCode),
    quaternion: [0, 1, 2, 3, 4, 5].map((i) => real(at.quaternion + i * realWidth)),
    sform: Array.from({ length: 12 }, (_, i) => real(at.sform + i * realWidth)),
    remaining: {
      dimInfo: view.getUint8(at.dimInfo),
      intent: [real(at.intent), real(at.intent + realWidth), real(at.intent + 2 * realWidth)],
      sliceStart: whole(at.sliceStart),
      sliceEnd: whole(at.sliceEnd),
      sliceCode: version === 1 ? view.getUint8(at.sliceCode) : code(at.sliceCode),
      sliceDuration: real(at.sliceDuration),
      timeOffset: real(at.timeOffset),
      calMin: real(at.calMin),
      calMax: real(at.calMax),
      auxFile: latin(bytes, at.auxFile, 24),
    },
  };
}

function sizeField(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getInt32(0, true);
  return little === 348 || little === 540 ? little : view.getInt32(0, false);
}

/**
 * Bytes of a header with the extension flag and the extensions behind it; in a single file the data follow
 * right behind, whatever `voxOffset` says.
 */
export function niftiHeaderToBytes(
  header: NiftiHeader,
  extensions: readonly NiftiExtension[] = [],
): Uint8Array {
  const { version, littleEndian: le } = header;
  const size = niftiHeaderBytes[version];
  const behind = extensionBytes(extensions, le);
  const bytes = new Uint8Array(size + behind.length);
  bytes.set(behind, size);
  const voxOffset = header.single ? bytes.length : 0;
  const view = new DataView(bytes.buffer);
  const at = offsets[version];
  const realWidth = version === 1 ? 4 : 8;
  const text = (offset: number, value: string, length: number) => {
    for (let i = 0; i < Math.min(length, value.length); i++) {
      const c = value.charCodeAt(i);
      bytes[offset + i] = c < 256 ? c : 63;
    }
  };
  const real = (offset: number, value: number) =>
    version === 1 ? view.setFloat32(offset, value, le) : view.setFloat64(offset, value, le);
  const whole = (offset: number, value: number) =>
    version === 1 ? view.setInt16(offset, value, le) : view.setBigInt64(offset, BigInt(value), le);
  const code = (offset: number, value: number) =>
    version === 1 ? view.setInt16(offset, value, le) : view.setInt32(offset, value, le);
  view.setInt32(0, size, le);
  text(at.magic, header.single ? `n+${version}` : `ni${version}`, 4);
  if (version === 2) bytes.set([0, 13, 10, 26, 10], at.magic + 3);
  else bytes[38] = 114; // "r": what readers of the older ANALYZE form expect in `regular`
  const wide = version === 1 ? 2 : 8;
  whole(at.dim, header.rank);
  header.dim.forEach((n, i) => whole(at.dim + (i + 1) * wide, n));
  const element = niftiElements[header.datatype]!;
  const width = Number(/\d+$/.exec(element.type)![0]) * element.components;
  view.setInt16(at.datatype, header.datatype, le);
  view.setInt16(at.bitpix, width, le);
  header.pixdim.forEach((p, i) => real(at.pixdim + i * realWidth, p));
  if (version === 1) view.setFloat32(at.voxOffset, voxOffset, le);
  else view.setBigInt64(at.voxOffset, BigInt(voxOffset), le);
  real(at.slope, header.slope);
  real(at.intercept, header.intercept);
  if (version === 1) view.setUint8(at.units, header.xyztUnits);
  else view.setInt32(at.units, header.xyztUnits, le);
  text(at.description, header.description, 79);
  code(at.intentCode, header.intentCode);
  text(at.intentName, header.intentName, 15);
  code(at.qformCode, header.qformCode);
  code(at.sformCode, header.sformCode);
  header.quaternion.forEach((q, i) => real(at.quaternion + i * realWidth, q));
  header.sform.forEach((s, i) => real(at.sform + i * realWidth, s));
  const { remaining } = header;
  bytes[at.dimInfo] = remaining.dimInfo;
  remaining.intent.forEach((p, i) => real(at.intent + i * realWidth, p));
  whole(at.sliceStart, remaining.sliceStart);
  whole(at.sliceEnd, remaining.sliceEnd);
  if (version === 1) bytes[at.sliceCode] = remaining.sliceCode;
  else code(at.sliceCode, remaining.sliceCode);
  real(at.sliceDuration, remaining.sliceDuration);
  real(at.timeOffset, remaining.timeOffset);
  real(at.calMin, remaining.calMin);
  real(at.calMax, remaining.calMax);
  text(at.auxFile, remaining.auxFile, 23);
  return bytes;
}

/**
 * Extensions between a header and the data.
 *
 * @param bytes the file of the header, at least up to the data (single) or as a whole (pair)
 */
export function niftiExtensions(bytes: Uint8Array, header: NiftiHeader): NiftiExtension[] {
  const found: NiftiExtension[] = [];
  let at = niftiHeaderBytes[header.version];
  const end = header.single ? Math.min(header.voxOffset, bytes.length) : bytes.length;
  if (at + 4 > end || bytes[at] === 0) return found;
  at += 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  while (at + 8 <= end) {
    const size = view.getInt32(at, header.littleEndian);
    if (size < 8 || at + size > end) break;
    const code = view.getInt32(at + 4, header.littleEndian);
    found.push({ code, content: bytes.slice(at + 8, at + size) });
    at += size;
  }
  return found;
}

/** The extension flag and the extensions, padded to 16 bytes each. */
function extensionBytes(extensions: readonly NiftiExtension[], littleEndian: boolean): Uint8Array {
  const sizes = extensions.map(({ content }) => 16 * Math.ceil((content.length + 8) / 16));
  const bytes = new Uint8Array(4 + sizes.reduce((a, b) => a + b, 0));
  if (extensions.length > 0) bytes[0] = 1;
  const view = new DataView(bytes.buffer);
  let at = 4;
  extensions.forEach(({ code, content }, i) => {
    view.setInt32(at, sizes[i]!, littleEndian);
    view.setInt32(at + 4, code, littleEndian);
    bytes.set(content, at + 8);
    at += sizes[i]!;
  });
  return bytes;
}

/** RAS affine of the quaternion form; undefined when its numbers are not finite or spacing is not positive. */
export function qformAffine(header: NiftiHeader): Affine | undefined {
  const [b = 0, c = 0, d = 0, qx = 0, qy = 0, qz = 0] = header.quaternion;
  const spacing = [1, 2, 3].map((i) => {
    const pitch = Math.abs(header.pixdim[i]!);
    return i <= header.rank || isPositive(pitch) ? pitch : 1;
  });
  const square = b * b + c * c + d * d;
  if (!Number.isFinite(square) || square > 1.001) return undefined;
  if (![qx, qy, qz, ...spacing].every(Number.isFinite)) return undefined;
  // Rounding may push the vector part just beyond length one: a half turn, to be normalised.
  const scale = square > 1 ? 1 / Math.sqrt(square) : 1;
  const a = square >= 1 ? 0 : Math.sqrt(1 - square);
  const [p, q, r] = [b * scale, c * scale, d * scale];
  const rotation = [
    a * a + p * p - q * q - r * r,
    2 * (p * q - a * r),
    2 * (p * r + a * q),
    2 * (p * q + a * r),
    a * a + q * q - p * p - r * r,
    2 * (q * r - a * p),
    2 * (p * r - a * q),
    2 * (q * r + a * p),
    a * a + r * r - p * p - q * q,
  ];
  const factor = header.pixdim[0]! < 0 ? -1 : 1;
  const origin = [qx, qy, qz];
  return [0, 1, 2].flatMap((row) => [
    rotation[3 * row]! * spacing[0]!,
    rotation[3 * row + 1]! * spacing[1]!,
    rotation[3 * row + 2]! * spacing[2]! * factor,
    origin[row]!,
  ]);
}

/**
 * Quaternion (b, c, d) and `qfac` of an orthonormal RAS direction matrix, row-major 3×3, by the
 * largest of the four components, which keeps the division well scaled.
 */
export function quaternionOf(direction: readonly number[]): { bcd: number[]; qfac: 1 | -1 } {
  const qfac = determinant(direction) < 0 ? -1 : 1;
  const m = direction.map((v, i) => (i % 3 === 2 ? v * qfac : v));
  const [m00 = 0, m01 = 0, m02 = 0, m10 = 0, m11 = 0, m12 = 0, m20 = 0, m21 = 0, m22 = 0] = m;
  const squares = [
    1 + m00 + m11 + m22,
    1 + m00 - m11 - m22,
    1 - m00 + m11 - m22,
    1 - m00 - m11 + m22,
  ];
  const best = squares.indexOf(Math.max(...squares));
  const root = Math.sqrt(Math.max(0, squares[best]!)) / 2;
  const k = 1 / (4 * root);
  let [a, b, c, d] = [0, 0, 0, 0];
  if (best === 0) [a, b, c, d] = [root, (m21 - m12) * k, (m02 - m20) * k, (m10 - m01) * k];
  else if (best === 1) [a, b, c, d] = [(m21 - m12) * k, root, (m01 + m10) * k, (m02 + m20) * k];
  else if (best === 2) [a, b, c, d] = [(m02 - m20) * k, (m01 + m10) * k, root, (m12 + m21) * k];
  else [a, b, c, d] = [(m10 - m01) * k, (m02 + m20) * k, (m12 + m21) * k, root];
  const sign = a < 0 ? -1 : 1;
  return { bcd: [b * sign, c * sign, d * sign], qfac };
}
