/** The data of an NRRD: attached or in files beside its header, raw, gzip, text or hex. */
import { FormatError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { bytesOf, emptyArray, readElements } from "../codecs/elements.ts";
import type { ReadOptions } from "./format.ts";
import type { StoredArray } from "../core/stored.ts";
import { inflate } from "../codecs/inflate.ts";
import type { NrrdHeader } from "./nrrd-header.ts";
import { elementsOfText } from "./text-elements.ts";

export function nrrdFail(
  message: string,
  kind: "truncated" | "corrupt" | "unsupported" | "mismatch",
  offset: number,
): never {
  throw new FormatError(message, { format: "nrrd", kind, offset });
}

interface Part {
  readonly name: string;
  readonly data: Uint8Array;
  /** Byte of its file at which the data begins. */
  readonly offset: number;
}

/** The data as they lie in their file or files. */
async function partsOf(
  bytes: Uint8Array,
  header: NrrdHeader,
  options: ReadOptions,
): Promise<Part[]> {
  if (header.dataFile === undefined)
    return [{ name: "", data: bytes.subarray(header.end), offset: header.end }];
  const parts: Part[] = [];
  for (const name of dataFiles(header)) {
    const data = await options.companion?.(name);
    if (data === undefined) {
      return nrrdFail(
        `Cannot read the data of an NRRD: found no ${name} beside its header`,
        "mismatch",
        bytes.length,
      );
    }
    parts.push({ name, data, offset: 0 });
  }
  if (parts.length === 0)
    nrrdFail(
      `Cannot read the data of an NRRD: found no file name in "data file: ${header.dataFile}"`,
      "corrupt",
      header.end,
    );
  return parts;
}

/**
 * Names of the data files in the order of their data. A number behind a list or pattern says how many
 * axes each file has; the order of the data is the same for all.
 */
function dataFiles(header: NrrdHeader): readonly string[] {
  const { dataFile = "" } = header;
  if (/^LIST\b/.test(dataFile)) return header.list;
  const pattern = /^(.*%[-+0]?\d*d.*?)\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)(?:\s+\d+)?\s*$/.exec(dataFile);
  return pattern === null
    ? [dataFile]
    : numberedNames(pattern[1]!, Number(pattern[2]), Number(pattern[3]), Number(pattern[4]));
}

/** Names of a printf pattern with one integer, such as `slice_%03d.raw 1 10 1`. */
export function numberedNames(
  pattern: string,
  first: number,
  last: number,
  step: number,
): string[] {
  const names: string[] = [];
  if (step === 0 || Math.abs((last - first) / step) > 100_000) return names;
  for (let n = first; step > 0 ? n <= last : n >= last; n += step) {
    names.push(
      pattern.replace(/%(0?)(\d*)d/, (_, zero: string, width: string) =>
        String(n).padStart(Number(width || 0), zero === "0" ? "0" : " "),
      ),
    );
  }
  return names;
}

/** All elements in the order of the file, fastest axis first. */
export async function elementsOf(
  bytes: Uint8Array,
  header: NrrdHeader,
  options: ReadOptions,
): Promise<StoredArray> {
  const count = sizeOf(header.sizes);
  const parts = await partsOf(bytes, header, options);
  const share = count / parts.length;
  if (!Number.isInteger(share)) {
    nrrdFail(
      `Cannot read an NRRD over ${parts.length} files: found ${count} elements, wanted the same number in each`,
      "mismatch",
      header.end,
    );
  }
  if (parts.length === 1) return partElements(parts[0]!, header, count);
  const out = emptyArray(header.type, count);
  for (const [i, part] of parts.entries()) {
    const own = await partElements(part, header, share).catch((error: unknown) => {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError(`Cannot read ${part.name} of an NRRD: ${error.message}`, {
        format: "nrrd",
        kind: error.kind,
        offset: error.offset,
        cause: error,
      });
    });
    // Both arrays are of the header's type.
    (out as Float64Array).set(own as Float64Array, i * share);
  }
  return out;
}

async function partElements(part: Part, header: NrrdHeader, count: number): Promise<StoredArray> {
  const wanted = count * bytesOf[header.type];
  let { data, offset } = part;
  for (let i = 0; i < header.lineSkip; i++) {
    const at = data.indexOf(10);
    if (at < 0)
      nrrdFail(
        `Cannot skip ${header.lineSkip} lines of NRRD data: found ${i}`,
        "truncated",
        offset + data.length,
      );
    data = data.subarray(at + 1);
    offset += at + 1;
  }
  const details = { format: "nrrd", type: header.type, count, littleEndian: header.littleEndian };
  if (header.encoding === "raw") {
    const skip = header.byteSkip === -1 ? data.length - wanted : header.byteSkip;
    if (skip < 0 || skip + wanted > data.length) {
      nrrdFail(
        `Cannot read NRRD data: found ${data.length} bytes, wanted ${wanted} behind ${Math.max(0, skip)}`,
        "truncated",
        offset + data.length,
      );
    }
    return readElements(data, { ...details, offset: skip });
  }
  if (header.encoding === "gzip") {
    const skip = Math.max(0, header.byteSkip);
    const plain = await inflate(data, {
      format: "nrrd",
      packing: "gzip",
      offset,
      wanted: skip + wanted,
    });
    return readElements(plain, { ...details, offset: skip });
  }
  data = data.subarray(Math.max(0, header.byteSkip));
  return header.encoding === "hex"
    ? fromHex(data, header, { count, offset })
    : elementsOfText(data, { format: "nrrd", type: header.type, count, offset });
}

function fromHex(
  data: Uint8Array,
  header: NrrdHeader,
  place: { count: number; offset: number },
): StoredArray {
  const wanted = place.count * bytesOf[header.type];
  if (data.length < 2 * wanted)
    nrrdFail(
      `Cannot read hex NRRD data: found ${data.length} characters, wanted ${2 * wanted}`,
      "truncated",
      place.offset + data.length,
    );
  const plain = new Uint8Array(wanted);
  let filled = 0;
  for (let i = 0; i < data.length && filled < 2 * wanted; i++) {
    const c = data[i]!;
    const digit =
      c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : c >= 65 && c <= 70 ? c - 55 : -1;
    if (digit < 0) {
      if (c <= 32) continue;
      nrrdFail(`Cannot read hex NRRD data: found character ${c}`, "corrupt", place.offset + i);
    }
    plain[filled >> 1] = plain[filled >> 1]! * 16 + digit;
    filled++;
  }
  if (filled < 2 * wanted)
    nrrdFail(
      `Cannot read hex NRRD data: found ${filled} digits, wanted ${2 * wanted}`,
      "truncated",
      place.offset + data.length,
    );
  return readElements(plain, {
    format: "nrrd",
    type: header.type,
    count: place.count,
    littleEndian: header.littleEndian,
  });
}
