/** The text header of a MetaImage: its fields, geometry and the layout of the data. */
import { FormatError } from "../core/errors.ts";
import type { Geometry } from "../core/image.ts";
import { checkSizes } from "../codecs/elements.ts";
import type { ReadOptions } from "./format.ts";
import type { StoredType } from "../core/stored.ts";
import { headerText } from "./header-text.ts";
import { isPositive, millimetresOf } from "./units-of-measure.ts";
import { geometryOf } from "./orientation.ts";

const typesByName: Readonly<Record<string, StoredType>> = {
  MET_CHAR: "int8",
  MET_UCHAR: "uint8",
  MET_SHORT: "int16",
  MET_USHORT: "uint16",
  MET_INT: "int32",
  MET_UINT: "uint32",
  MET_LONG_LONG: "int64",
  MET_ULONG_LONG: "uint64",
  // As wide as the writer's long was; the data decide.
  MET_LONG: "int64",
  MET_ULONG: "uint64",
  MET_FLOAT: "float32",
  MET_DOUBLE: "float64",
};

export function metaimageFail(
  message: string,
  kind: "truncated" | "corrupt" | "unsupported" | "mismatch",
  offset: number,
): never {
  throw new FormatError(message, { format: "metaimage", kind, offset });
}

export const longestHeader = 1 << 16;

export interface Header {
  readonly format: "metaimage";
  readonly fields: Readonly<Record<string, string>>;
  readonly places: Readonly<Record<string, number>>;
  /** Byte behind the line of ElementDataFile. */
  readonly end: number;
  /** File names of a `LIST`. */
  readonly list: readonly string[];
}

/** "Key = value" lines up to ElementDataFile, which is the last; undefined when there is none. */
export function linesOf(bytes: Uint8Array): Header | undefined {
  const fields: Record<string, string> = {};
  const places: Record<string, number> = {};
  let at = 0;
  while (at < bytes.length && at < longestHeader) {
    const from = at;
    while (at < bytes.length && at < longestHeader && bytes[at] !== 10) at++;
    const line = headerText(bytes.subarray(from, at)).trim();
    at++;
    if (line === "") continue;
    // Tools that keep DICOM attributes write keys such as `0008|0060`.
    const field = /^([^=\p{Cc}]+?)\s*=\s*(.*)$/u.exec(line);
    if (field === null) return undefined;
    fields[field[1]!] = field[2]!;
    places[field[1]!] = from;
    if (field[1] === "ElementDataFile") {
      const end = Math.min(at, bytes.length);
      const list = isList(field[2]!)
        ? headerText(bytes.subarray(end, end + longestHeader))
            .split(/\r?\n/)
            .map((l) => l.trim())
            .filter((l) => l !== "")
        : [];
      return { format: "metaimage", fields, places, end, list };
    }
  }
  return undefined;
}

/** Whether a data file is a list of files; a number behind says how many dimensions each has. */
export function isList(dataFile: string): boolean {
  return /^LIST(\s+\d+D?)?$/i.test(dataFile);
}

export function looksLike(bytes: Uint8Array): boolean {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 512));
  return (
    /^\s*(ObjectType|NDims|Comment|ObjectSubType|Name|ID)\s*=/.test(head) &&
    /(^|\n)\s*NDims\s*=\s*\d/.test(head)
  );
}

export function numbers(header: Header, key: string): number[] | undefined {
  const text = header.fields[key];
  if (text === undefined) return undefined;
  const values = text.split(/\s+/).map(Number);
  if (!values.every(Number.isFinite)) {
    metaimageFail(
      `Cannot read MetaImage ${key}: found ${JSON.stringify(text.slice(0, 60))}, wanted numbers`,
      "corrupt",
      header.places[key]!,
    );
  }
  return values;
}

function flag(header: Header, key: string): boolean {
  return /^(true|1|t)$/i.test(header.fields[key] ?? "False");
}

function first(header: Header, keys: readonly string[]): string | undefined {
  return keys.find((key) => header.fields[key] !== undefined);
}

export function geometryFrom(header: Header, rank: number, notes: string[]): Partial<Geometry> {
  const spatial = Math.min(rank, 3);
  const spacingKey = first(header, ["ElementSpacing", "ElementSize"]);
  const spacing = spacingKey === undefined ? undefined : numbers(header, spacingKey);
  const originKey = first(header, ["Offset", "Position", "Origin"]);
  const origin = (originKey === undefined ? undefined : numbers(header, originKey)) ?? [];
  const matrixKey = first(header, ["TransformMatrix", "Rotation", "Orientation"]);
  const matrix = matrixKey === undefined ? undefined : numbers(header, matrixKey);
  if (matrix !== undefined && matrix.length !== rank * rank) {
    metaimageFail(
      `Cannot read MetaImage ${matrixKey}: found ${matrix.length} numbers, wanted ${rank * rank}`,
      "corrupt",
      header.places[matrixKey!]!,
    );
  }
  const scale = scaleOf(header, notes);
  const lengths = [0, 1, 2].map((i) =>
    i < spatial ? (Math.abs(spacing?.[i] ?? 1) || 1) * scale : 1,
  );
  const column = (axis: number) =>
    [0, 1, 2].map((r) =>
      axis < spatial && r < spatial
        ? (matrix?.[axis * rank + r] ?? (axis === r ? 1 : 0))
        : axis === r
          ? 1
          : 0,
    );
  const columns = [0, 1, 2].map(column);
  const affine = [0, 1, 2].flatMap((r) => [
    ...[0, 1, 2].map((c) => columns[c]![r]! * lengths[c]!),
    r < spatial ? (origin[r] ?? 0) * scale : 0,
  ]);
  const geometry = geometryOf(affine);
  if (geometry === undefined) {
    notes.push("the direction matrix does not span space; the identity is assumed");
    return {
      spacing: [lengths[2]!, lengths[1]!, lengths[0]!],
      spacingKnown: spacing !== undefined,
    };
  }
  // Spacing is taken as written: unit columns keep it to rounding only.
  return {
    ...geometry,
    spacingKnown: spacing !== undefined,
    orientationKnown: originKey !== undefined || matrix !== undefined,
  };
}

/** Millimetres of the unit of length; 1 where none is named. */
function scaleOf(header: Header, notes: string[]): number {
  const unit = header.fields.DistanceUnits;
  // "?" is MetaIO's word for unknown.
  if (unit === undefined || unit === "?" || unit === "") return 1;
  const scale = millimetresOf(unit);
  if (scale === undefined) notes.push(`the unit of length "${unit}" is unknown; mm are assumed`);
  else if (scale !== 1) notes.push(`lengths were in ${unit} and are now in mm`);
  return scale ?? 1;
}

/**
 * Value of an element: slope · element + intercept.
 *
 * @throws FormatError when they are no finite numbers or the slope is zero
 */
export function scalingFrom(header: Header, notes: string[]): { slope: number; intercept: number } {
  const slope = numbers(header, "ElementToIntensityFunctionSlope")?.[0] ?? 1;
  const intercept = numbers(header, "ElementToIntensityFunctionOffset")?.[0] ?? 0;
  if (slope === 0) {
    metaimageFail(
      "Cannot scale MetaImage values: found an ElementToIntensityFunctionSlope of 0",
      "corrupt",
      header.places.ElementToIntensityFunctionSlope!,
    );
  }
  if (slope !== 1 || intercept !== 0) notes.push(`values are ${slope} · stored + ${intercept}`);
  return { slope, intercept };
}

/**
 * Seconds between the frames of a fourth dimension. MetaImage names no unit; the tools that write one
 * (ITK, elastix) mean seconds. They put 1 where they know none, so 1 says nothing.
 */
export function timeStepFrom(header: Header, rank: number): number | undefined {
  const key = first(header, ["ElementSpacing", "ElementSize"]);
  const step = key === undefined || rank < 4 ? undefined : numbers(header, key)?.[3];
  return isPositive(step) && step !== 1 ? step : undefined;
}

export interface Layout {
  readonly type: StoredType;
  /** The type is MET_LONG or MET_ULONG, which have four bytes in some files and eight in others. */
  readonly long: boolean;
  /** The elements are text. */
  readonly text: boolean;
  readonly components: number;
  readonly sizes: readonly number[];
  readonly littleEndian: boolean;
  readonly compressed: boolean;
}

export function layoutOf(header: Header, options: ReadOptions): Layout {
  const place = (key: string) => header.places[key] ?? 0;
  const rank = numbers(header, "NDims")?.[0];
  const sizes = numbers(header, "DimSize");
  if (rank === undefined || !Number.isInteger(rank) || rank < 1 || rank > 4) {
    return metaimageFail(
      `Cannot read a MetaImage of ${header.fields.NDims ?? "no"} dimensions: wanted 1 to 4`,
      rank === undefined ? "corrupt" : "unsupported",
      place("NDims"),
    );
  }
  if (sizes === undefined || sizes.length !== rank) {
    return metaimageFail(
      `Cannot read a MetaImage: found ${sizes?.length ?? 0} sizes, wanted ${rank}`,
      "corrupt",
      place("DimSize"),
    );
  }
  const typeName = header.fields.ElementType ?? "none";
  const type = typesByName[typeName.replace(/_ARRAY$/, "")];
  if (type === undefined) {
    return metaimageFail(
      `Cannot read a MetaImage of element type ${typeName}: wanted one of ${Object.keys(typesByName).join(", ")}`,
      "unsupported",
      place("ElementType"),
    );
  }
  const components = numbers(header, "ElementNumberOfChannels")?.[0] ?? 1;
  const limit = options.maxElements === undefined ? {} : { maxElements: options.maxElements };
  checkSizes([...sizes, components], { format: "metaimage", offset: place("DimSize"), ...limit });
  return {
    type,
    long: /^MET_U?LONG(_ARRAY)?$/.test(typeName),
    text: header.fields.BinaryData !== undefined && !flag(header, "BinaryData"),
    components,
    sizes,
    littleEndian: !(flag(header, "ElementByteOrderMSB") || flag(header, "BinaryDataByteOrderMSB")),
    compressed: flag(header, "CompressedData"),
  };
}
