/** The array block of NumPy [harris2020numpy]: `.npy` files and the members of `.npz`. */
import { FormatError, InputError } from "../core/errors.ts";
import { type Axes, type Image, makeImage, sizeOf } from "../core/image.ts";
import {
  bytesOf,
  checkSizes,
  halfToFloat,
  readElements,
  toFloat32,
  writeElements,
} from "../codecs/elements.ts";
import { elementsToWrite, type IsPlanar } from "./elements-to-write.ts";
import type { ComponentKind, Stored, StoredArray, StoredType } from "../core/stored.ts";
import type { DecodedImage, Format, ReadOptions, WriteOptions } from "./format.ts";

export const npyHolds: Format["holds"] = {
  types: [
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float32",
    "float64",
  ],
  axes: ["yx", "zyx", "tyx", "tzyx", "cyx", "czyx", "tcyx", "tczyx"],
  kinds: ["scalar", "complex", "rgb", "rgba", "grey-alpha", "vector"],
  geometry: "none",
  timeStep: false,
  scaling: false,
  unit: false,
};

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const axesByRank: Readonly<Record<number, Axes>> = { 2: "yx", 3: "zyx", 4: "tzyx", 5: "tczyx" };

const typesByCode: Readonly<Record<string, StoredType>> = {
  b1: "uint8",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f4: "float32",
  f8: "float64",
};

export interface NpyHeader {
  readonly code: string;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Byte of the first element. */
  readonly start: number;
}

export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((b, i) => bytes[i] === b);
}

/** @throws FormatError, with offsets counted from `at`, the place of the array in its file */
export function parseNpyHeader(
  bytes: Uint8Array,
  details: { format: string; at?: number },
): NpyHeader {
  const { format, at = 0 } = details;
  const fail = (
    message: string,
    kind: "truncated" | "corrupt" | "unsupported",
    offset: number,
  ): never => {
    throw new FormatError(message, { format, kind, offset: at + offset });
  };
  if (!isNpy(bytes))
    fail("Cannot read a NumPy array: found another magic, wanted 93 4E 55 4D 50 59", "corrupt", 0);
  if (bytes.length < 10)
    fail(
      `Cannot read a NumPy array: found ${bytes.length} bytes, wanted a header`,
      "truncated",
      bytes.length,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6]!;
  if (major < 1 || major > 3)
    fail(`Cannot read NumPy array version ${major}: wanted 1, 2 or 3`, "unsupported", 6);
  const wide = major > 1;
  if (wide && bytes.length < 12)
    fail("Cannot read a NumPy array: found no header length", "truncated", bytes.length);
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const from = wide ? 12 : 10;
  if (length > 65536)
    fail(
      `Cannot read a NumPy array: found a header of ${length} bytes, wanted at most 65536`,
      "corrupt",
      8,
    );
  if (from + length > bytes.length) {
    fail(
      `Cannot read a NumPy array: found ${bytes.length - from} header bytes, wanted ${length}`,
      "truncated",
      bytes.length,
    );
  }
  const text = new TextDecoder().decode(bytes.subarray(from, from + length)).trim();
  const fields = dictionaryOf(text);
  const { descr, fortran_order: fortran, shape } = fields ?? {};
  const type = typeof descr === "string" ? /^([<>|=]?)(\?|[a-zA-Z]\d+)$/.exec(descr) : null;
  if (type === null || typeof fortran !== "boolean" || !isSizes(shape)) {
    const structured =
      Array.isArray(descr) || (typeof descr === "string" && /[OSUVMm]/.test(descr));
    return fail(
      `Cannot read a NumPy array: found header ${JSON.stringify(text.slice(0, 80))}, wanted descr of one number type, fortran_order and shape`,
      structured ? "unsupported" : "corrupt",
      from,
    );
  }
  const [, order = "", letter = ""] = type;
  const code = letter === "?" ? "b1" : letter;
  return {
    code,
    littleEndian: order !== ">",
    fortran,
    shape,
    start: from + length,
  };
}

type Literal = string | number | boolean | undefined | readonly Literal[];

function isSizes(value: Literal): value is readonly number[] {
  return Array.isArray(value) && value.every((v) => Number.isInteger(v) && v >= 0);
}

/**
 * The dictionary that a header is, in Python's notation: keys in any order, either kind of quotes, blanks
 * anywhere, commas at the end. Undefined when the text is none.
 */
function dictionaryOf(text: string): Readonly<Record<string, Literal>> | undefined {
  const tokens =
    text.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[-+]?\d+L?|[A-Za-z]+|[{}()[\],:]|\S/g) ?? [];
  let at = 0;
  const broken = () => new SyntaxError("no literal");
  const literal = (depth: number): Literal => {
    const token = tokens[at++];
    if (token === undefined || depth > 8) throw broken();
    if (/^['"]/.test(token) && token.length > 1) return token.slice(1, -1).replace(/\\(.)/g, "$1");
    if (/^[-+]?\d/.test(token)) return Number(token.replace("L", ""));
    if (token === "True" || token === "False") return token === "True";
    if (token === "None") return undefined;
    if (token !== "(" && token !== "[") throw broken();
    const close = token === "(" ? ")" : "]";
    const items: Literal[] = [];
    while (tokens[at] !== close) {
      items.push(literal(depth + 1));
      if (tokens[at] === ",") at++;
      else if (tokens[at] !== close) throw broken();
    }
    at++;
    return items;
  };
  const fields: Record<string, Literal> = {};
  try {
    if (tokens[at++] !== "{") return undefined;
    while (tokens[at] !== "}") {
      const key = literal(0);
      if (typeof key !== "string" || tokens[at++] !== ":") return undefined;
      fields[key] = literal(0);
      if (tokens[at] === ",") at++;
      else if (tokens[at] !== "}") return undefined;
    }
    return at === tokens.length - 1 ? fields : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * An array as an image: rank 2 `yx`, 3 `zyx`, 4 `tzyx`, 5 `tczyx`; a single row for rank 1. Bytes in
 * an array of rank 3 whose last size is 3 or 4 and whose others are larger are colours.
 */
export function readNpyArray(
  bytes: Uint8Array,
  options: ReadOptions & { format: string; at?: number; name?: string },
): { decoded: DecodedImage; header: NpyHeader } {
  const { format, at = 0 } = options;
  const header = parseNpyHeader(bytes, options);
  const refuse = (message: string, kind: "unsupported" | "empty"): never => {
    throw new FormatError(message, { format, kind, offset: at + 10 });
  };
  const { shape: sizes, code } = header;
  if (sizes.includes(0))
    refuse(`Cannot read a NumPy array of shape (${sizes.join(", ")}): found no elements`, "empty");
  if (sizes.length < 1 || sizes.length > 5) {
    refuse(
      `Cannot read a NumPy array of ${sizes.length} dimensions as an image: wanted 1 to 5`,
      "unsupported",
    );
  }
  const limit = options.maxElements === undefined ? {} : { maxElements: options.maxElements };
  const voxels = checkSizes(sizes, { format, offset: at + 10, ...limit });
  const notes: string[] = [];
  const complex = code === "c8" || code === "c16";
  const half = code === "f2";
  const type = complex
    ? code === "c8"
      ? "float32"
      : "float64"
    : half
      ? "uint16"
      : typesByCode[code];
  if (type === undefined) {
    return refuse(
      `Cannot read NumPy type ${code}: wanted b1, i1 to i8, u1 to u8, f2, f4, f8, c8 or c16`,
      "unsupported",
    );
  }
  let components = complex ? 2 : 1;
  const count = checkSizes([voxels, components], { format, offset: at + 10, ...limit });
  let data = readElements(bytes, {
    format,
    type,
    count,
    offset: header.start,
    littleEndian: header.littleEndian,
  });
  if (header.fortran && sizes.length > 1) data = toRowMajor(data, sizes, components);
  let storedType = type;
  if (half) {
    data = Float32Array.from(data as Uint16Array, halfToFloat);
    storedType = "float32";
    notes.push("half-precision elements became single precision, which holds them exactly");
  }
  if (code === "b1") notes.push("truth values became 0 and 1");
  let shape = sizes.length === 1 ? [1, ...sizes] : [...sizes];
  let kind: ComponentKind = complex ? "complex" : "scalar";
  const last = shape.at(-1)!;
  if (
    !complex &&
    shape.length === 3 &&
    type === "uint8" &&
    (last === 3 || last === 4) &&
    shape[0]! > 4 &&
    shape[1]! > 4
  ) {
    components = last;
    kind = last === 3 ? "rgb" : "rgba";
    shape = shape.slice(0, 2);
    notes.push("the last axis was taken as colours");
  }
  if (complex && shape.length > 4)
    refuse(
      "Cannot read a complex NumPy array of five dimensions: wanted at most four",
      "unsupported",
    );
  const colour: Readonly<Record<number, Axes>> = { 2: "cyx", 3: "czyx", 4: "tczyx" };
  const axes = (components > 1 ? colour : axesByRank)[shape.length]!;
  const stored: Stored = {
    data,
    type: storedType,
    shape,
    components,
    kind,
    slope: 1,
    intercept: 0,
  };
  const c = axes.indexOf("c");
  const full = components > 1 ? [...shape.slice(0, c), components, ...shape.slice(c)] : shape;
  const image = makeImage(toFloat32(stored, axes), full, {
    axes,
    unit: options.unit ?? "arbitrary",
  });
  return { decoded: { name: options.name ?? "", image, stored, notes, facts: {} }, header };
}

/** Elements of an array whose first axis runs fastest, in the order in which the last does. */
function toRowMajor(data: StoredArray, shape: readonly number[], components: number): StoredArray {
  const out = data.slice();
  const rank = shape.length;
  const strides = shape.map((_, i) => sizeOf(shape.slice(0, i)) * components);
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to += components) {
    for (let c = 0; c < components; c++) out[to + c] = data[from + c]!;
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

/** What readers take for colours or complex numbers stands side by side; other components are planes. */
const isPlanar: IsPlanar = (kind, type) =>
  kind === "complex"
    ? !type.startsWith("float")
    : !((kind === "rgb" || kind === "rgba") && type === "uint8");

/** Bytes of an array, version 1.0, C order, header padded to 64. */
export function npyArrayToBytes(
  image: Image,
  options: WriteOptions,
  title: string,
): { bytes: Uint8Array; lost: string[] } {
  const elements = elementsToWrite(image, { ...options, isPlanar }, { title, holds: npyHolds });
  const lost = [...elements.lost];
  const code = npyCode(elements.type);
  const complex = elements.kind === "complex" && elements.components === 2;
  const descr = complex ? `<c${2 * bytesOf[elements.type]}` : code;
  const stored = elements.components > 1 ? options.stored?.shape : undefined;
  if (elements.components > 1 && stored === undefined) {
    throw new InputError(`Cannot write ${title}: found interleaved elements without their shape`);
  }
  const shape =
    stored === undefined ? image.shape : complex ? stored : [...stored, elements.components];
  if (axesByRank[image.shape.length] !== image.axes && elements.components === 1) {
    lost.push(`${title} does not name its axes (${image.axes})`);
  }
  const head = npyHead(descr, shape);
  const body = writeElements(elements.data);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return { bytes, lost };
}

/** NumPy's name of an element type, little-endian. */
export function npyCode(type: StoredType): string {
  const letter = type.startsWith("u") ? "u" : type.startsWith("i") ? "i" : "f";
  return `${bytesOf[type] === 1 ? "|" : "<"}${letter}${bytesOf[type]}`;
}

/** The bytes before the elements of an array in C order; `descr` such as `<f4`. */
export function npyHead(descr: string, shape: readonly number[]): Uint8Array {
  const sizes = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${sizes}, }`;
  const pad = (64 - ((10 + text.length + 1) % 64)) % 64;
  const head = `${text}${" ".repeat(pad)}\n`;
  const bytes = new Uint8Array(10 + head.length);
  bytes.set([...magic, 1, 0, head.length & 255, head.length >> 8]);
  for (let i = 0; i < head.length; i++) bytes[10 + i] = head.charCodeAt(i);
  return bytes;
}
