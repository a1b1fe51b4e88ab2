/** The text header of NRRD (nearly raw raster data), versions 1 to 5. */
import { FormatError } from "../core/errors.ts";
import type { StoredType } from "../core/stored.ts";
import { headerText } from "./header-text.ts";

const typeNames: Readonly<Record<string, StoredType>> = {
  "signed char": "int8",
  int8: "int8",
  int8_t: "int8",
  uchar: "uint8",
  "unsigned char": "uint8",
  uint8: "uint8",
  uint8_t: "uint8",
  short: "int16",
  "short int": "int16",
  "signed short": "int16",
  "signed short int": "int16",
  int16: "int16",
  int16_t: "int16",
  ushort: "uint16",
  "unsigned short": "uint16",
  "unsigned short int": "uint16",
  uint16: "uint16",
  uint16_t: "uint16",
  int: "int32",
  "signed int": "int32",
  int32: "int32",
  int32_t: "int32",
  uint: "uint32",
  "unsigned int": "uint32",
  uint32: "uint32",
  uint32_t: "uint32",
  longlong: "int64",
  "long long": "int64",
  "long long int": "int64",
  "signed long long": "int64",
  "signed long long int": "int64",
  int64: "int64",
  int64_t: "int64",
  ulonglong: "uint64",
  "unsigned long long": "uint64",
  "unsigned long long int": "uint64",
  uint64: "uint64",
  uint64_t: "uint64",
  float: "float32",
  double: "float64",
};

/** NRRD's name of an element type. */
export const nrrdNameOf: Readonly<Record<StoredType, string>> = {
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  uint16: "uint16",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
  uint64: "uint64",
  float32: "float",
  float64: "double",
};

export type NrrdEncoding = "raw" | "gzip" | "text" | "hex";

const encodings: Readonly<Record<string, NrrdEncoding>> = {
  raw: "raw",
  gz: "gzip",
  gzip: "gzip",
  txt: "text",
  text: "text",
  ascii: "text",
  hex: "hex",
};

export interface NrrdHeader {
  readonly format: "nrrd";
  readonly type: StoredType;
  /** Fastest axis first. */
  readonly sizes: readonly number[];
  readonly encoding: NrrdEncoding;
  readonly littleEndian: boolean;
  readonly kinds: readonly string[];
  /** One vector for each axis; undefined for an axis outside space. */
  readonly directions: readonly (readonly number[] | undefined)[] | undefined;
  readonly spacings: readonly number[] | undefined;
  /** Unit of each axis outside space; empty where it has none. */
  readonly units: readonly string[];
  /** Unit of each direction of space; empty when nothing is said. */
  readonly spaceUnits: readonly string[];
  readonly space: string;
  readonly origin: readonly number[] | undefined;
  /** Field `data file` as written; undefined for an attached header. */
  readonly dataFile: string | undefined;
  /** File names of a `LIST`. */
  readonly list: readonly string[];
  readonly lineSkip: number;
  readonly byteSkip: number;
  readonly fields: Readonly<Record<string, string>>;
  /** Comment lines without their mark. */
  readonly comments: readonly string[];
  readonly text: string;
  /** Byte behind the blank line that ends an attached header. */
  readonly end: number;
}

type Kind = "truncated" | "corrupt" | "unsupported";

function fail(message: string, kind: Kind, offset: number): never {
  throw new FormatError(message, { format: "nrrd", kind, offset });
}

export function isNrrd(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && /^NRRD000[1-5]$/.test(String.fromCharCode(...bytes.subarray(0, 8)));
}

/** No header of sense is longer; a file without its blank line must not be searched to the end. */
const longestHeader = 1 << 20;

/** @throws FormatError with the byte of the line at fault */
export function parseNrrdHeader(bytes: Uint8Array): NrrdHeader {
  if (!isNrrd(bytes)) {
    fail("Cannot read an NRRD: found another magic, wanted NRRD0001 to NRRD0005", "corrupt", 0);
  }
  const fields: Record<string, string> = {};
  const places: Record<string, number> = {};
  const list: string[] = [];
  const comments: string[] = [];
  let listing = false;
  let at = 8;
  let end: number | undefined;
  let first = true;
  while (at < bytes.length && at < longestHeader) {
    const from = at;
    while (at < bytes.length && bytes[at] !== 10) at++;
    const line = headerText(bytes.subarray(from, at)).replace(/\r$/, "");
    at++;
    if (first) {
      first = false;
      if (line !== "") fail("Cannot read an NRRD: found text behind its magic", "corrupt", from);
      continue;
    }
    if (line === "") {
      end = at;
      break;
    }
    if (listing) {
      list.push(line.trim());
      continue;
    }
    if (line.startsWith("#")) {
      comments.push(line.slice(1).trim());
      continue;
    }
    const pair = /^([^:]+):=(.*)$/.exec(line);
    const field = /^([^:]+): ?(.*)$/.exec(line);
    if (pair !== null) fields[`${pair[1]!}:=`] = pair[2]!;
    else if (field !== null) {
      const name = field[1]!.trim().toLowerCase();
      fields[name] = field[2]!.trim();
      places[name] = from;
      if ((name === "data file" || name === "datafile") && /^LIST\b/.test(fields[name]!)) {
        listing = true;
      }
    } else {
      fail(
        `Cannot read an NRRD header line: found ${JSON.stringify(line.slice(0, 60))}, wanted "field: value"`,
        "corrupt",
        from,
      );
    }
  }
  const dataFile = fields["data file"] ?? fields.datafile;
  if (end === undefined) {
    if (dataFile === undefined) {
      fail(
        "Cannot read an NRRD: found no blank line at the end of its header",
        "truncated",
        Math.min(bytes.length, longestHeader),
      );
    }
    end = Math.min(at, bytes.length);
  }
  const place = (name: string) => places[name] ?? 8;
  const need = (name: string): string =>
    fields[name] ?? fail(`Cannot read an NRRD: found no field "${name}"`, "corrupt", end);
  const type = typeNames[need("type").toLowerCase()];
  if (type === undefined) {
    return fail(
      `Cannot read an NRRD of type ${need("type")}: wanted an integer or floating type`,
      "unsupported",
      place("type"),
    );
  }
  const dimension = Number(need("dimension"));
  const sizes = numbersIn(need("sizes"));
  if (!(dimension >= 1 && dimension <= 16) || sizes.length !== dimension) {
    fail(
      `Cannot read an NRRD: found ${sizes.length} sizes and dimension ${need("dimension")}, wanted one size for each of 1 to 16`,
      "corrupt",
      place("sizes"),
    );
  }
  const encoding = encodings[need("encoding").toLowerCase()];
  if (encoding === undefined) {
    return fail(
      `Cannot read an NRRD with encoding ${need("encoding")}: wanted raw, gzip, text or hex`,
      "unsupported",
      place("encoding"),
    );
  }
  const endian = (fields.endian ?? "little").toLowerCase();
  if (endian !== "little" && endian !== "big") {
    fail(
      `Cannot read an NRRD: found endian ${endian}, wanted little or big`,
      "corrupt",
      place("endian"),
    );
  }
  const directionText = fields["space directions"];
  const directions = directionText === undefined ? undefined : vectorsIn(directionText);
  if (directions !== undefined && directions.length !== dimension) {
    fail(
      `Cannot read an NRRD: found ${directions.length} space directions, wanted ${dimension}`,
      "corrupt",
      place("space directions"),
    );
  }
  const originText = fields["space origin"];
  const skip = (name: string, smallest: number): number => {
    const value = Number(fields[name] ?? fields[name.replace(" ", "")] ?? 0);
    if (!Number.isSafeInteger(value) || value < smallest) {
      fail(
        `Cannot read an NRRD: found ${name} ${value}, wanted a whole number from ${smallest}`,
        "corrupt",
        place(name),
      );
    }
    return value;
  };
  return {
    format: "nrrd",
    type,
    sizes,
    encoding,
    littleEndian: endian === "little",
    kinds: fields.kinds?.split(/\s+/) ?? [],
    directions,
    spacings: fields.spacings === undefined ? undefined : numbersIn(fields.spacings),
    units: quoted(fields.units),
    spaceUnits: quoted(fields["space units"]),
    space: (fields.space ?? "").toLowerCase(),
    origin: originText === undefined ? undefined : vectorsIn(originText)[0],
    dataFile,
    list,
    lineSkip: skip("line skip", 0),
    byteSkip: skip("byte skip", -1),
    fields,
    comments,
    text: headerText(bytes.subarray(0, end)),
    end,
  };
}

function numbersIn(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((t) => t !== "")
    .map(Number);
}

/** Words in quotes such as `"mm" "" "s"`; some writers leave the quotes out. */
function quoted(text: string | undefined): string[] {
  if (text === undefined) return [];
  if (!text.includes('"')) return text.split(/\s+/).filter((t) => t !== "");
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => m[1]!);
}

/** Vectors such as `(1,0,0) none (0,1,0)`; a vector of NaN is another spelling of `none`. */
function vectorsIn(text: string): (number[] | undefined)[] {
  return [...text.matchAll(/none|\(([^)]*)\)/gi)].map((m) => {
    const vector = m[1]?.split(",").map((t) => Number(t.trim()));
    return vector?.every(Number.isNaN) ? undefined : vector;
  });
}
