/** One page of a TIFF: what its directory says, and its samples. */
import { emptyArray, halfToFloat } from "./elements.ts";
import type { StoredArray, StoredType } from "../core/stored.ts";
import { type TiffDirectory, type TiffFile, tags, tiffFail, valuesOf } from "./tiff-directory.ts";
import { compressions, unpackStrip } from "./tiff-strips.ts";

export interface Page {
  readonly directory: TiffDirectory;
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel in the file. */
  readonly samples: number;
  /** Components of a pixel of the image: `samples`, or three for a palette. */
  readonly components: number;
  readonly bits: number;
  readonly sampleFormat: number;
  readonly type: StoredType;
  readonly photometric: number;
  readonly palette: Uint16Array | undefined;
  readonly inverted: boolean;
  readonly reduced: boolean;
  readonly compression: number;
  readonly compressionName: string;
  readonly predictor: number;
  readonly separate: boolean;
  readonly reverseBits: boolean;
  /** Size of strips or tiles in pixels. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
  /** mm along z, y, x. */
  readonly spacing: [number, number, number] | undefined;
}

/** @throws FormatError when the fields contradict each other, the file or what is read here */
export function describePage(file: TiffFile, directory: TiffDirectory): Page {
  const at = directory.offset;
  const one = (tag: number, otherwise?: number): number => {
    const value = valuesOf(file, directory, tag)?.[0] ?? otherwise;
    return value ?? tiffFail(`Cannot read a TIFF page: found no field ${tag}`, "corrupt", at);
  };
  const width = one(tags.width);
  const height = one(tags.height);
  if (!(width >= 1) || !(height >= 1))
    tiffFail(
      `Cannot read a TIFF page of ${width} × ${height} pixels: wanted at least one`,
      "corrupt",
      at,
    );
  const samples = one(tags.samples, 1);
  const bitsList = valuesOf(file, directory, tags.bits) ?? [1];
  const formats = valuesOf(file, directory, tags.sampleFormat) ?? [1];
  const bits = bitsList[0]!;
  const sampleFormat = formats[0] === 4 ? 1 : formats[0]!;
  if (samples < 1 || samples > 255)
    tiffFail(
      `Cannot read a TIFF page of ${samples} samples: wanted 1 to 255`,
      samples < 1 ? "corrupt" : "unsupported",
      at,
    );
  if (bitsList.some((b) => b !== bits) || formats.some((f) => f !== formats[0])) {
    tiffFail(
      `Cannot read a TIFF page whose samples differ: found bits ${bitsList.slice(0, 8).join(", ")}, wanted one size and kind`,
      "unsupported",
      at,
    );
  }
  const type =
    typeOf(bits, sampleFormat) ??
    tiffFail(
      `Cannot read TIFF samples of ${bits} bits and format ${sampleFormat}: wanted whole numbers of 1 to 16, 32 or 64 bits or floating point of 16, 32 or 64`,
      "unsupported",
      at,
    );
  const compression = one(tags.compression, 1);
  const method = compressions[compression];
  if (method === undefined)
    tiffFail(
      `Cannot read a TIFF with compression ${compression}: wanted none, LZW, deflate or PackBits`,
      "unsupported",
      at,
    );
  const photometric = one(tags.photometric, 1);
  if (photometric > 3)
    tiffFail(
      `Cannot read a TIFF with photometric interpretation ${photometric}: wanted grey, RGB or a palette`,
      "unsupported",
      at,
    );
  const predictor = compression === 1 || compression === 32773 ? 1 : one(tags.predictor, 1);
  if (predictor < 1 || predictor > 3 || (predictor === 3 && sampleFormat !== 3)) {
    tiffFail(
      `Cannot read a TIFF with predictor ${predictor} on sample format ${sampleFormat}: wanted 1, 2, or 3 on floating point`,
      predictor > 3 ? "unsupported" : "corrupt",
      at,
    );
  }
  const separate = samples > 1 && one(tags.planar, 1) === 2;
  const tiled = directory.fields.has(tags.tileOffsets) || directory.fields.has(tags.tileWidth);
  const blockWidth = tiled ? one(tags.tileWidth) : width;
  const blockHeight = tiled
    ? one(tags.tileHeight)
    : Math.min(height, one(tags.rowsPerStrip, height));
  if (!(blockWidth >= 1) || !(blockHeight >= 1))
    tiffFail(
      `Cannot read a TIFF page in blocks of ${blockWidth} × ${blockHeight} pixels: wanted at least one`,
      "corrupt",
      at,
    );
  if (blockWidth * blockHeight > 2 ** 28)
    tiffFail(
      `Cannot read a TIFF page in blocks of ${blockWidth} × ${blockHeight} pixels: wanted at most 2^28 pixels`,
      "too-large",
      at,
    );
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const blocks = across * down * (separate ? samples : 1);
  const offsets =
    valuesOf(file, directory, tiled ? tags.tileOffsets : tags.stripOffsets) ??
    tiffFail("Cannot read a TIFF page: found no offsets of its data", "corrupt", at);
  const found = valuesOf(file, directory, tiled ? tags.tileCounts : tags.stripCounts);
  const counts = found ?? offsets.map((o, i) => (offsets[i + 1] ?? file.bytes.length) - o);
  if (offsets.length < blocks || counts.length < blocks) {
    tiffFail(
      `Cannot read a TIFF page: found ${Math.min(offsets.length, counts.length)} blocks of data, wanted ${blocks}`,
      "corrupt",
      at,
    );
  }
  let available = 0;
  for (let i = 0; i < blocks; i++) {
    const [offset, count] = [offsets[i]!, counts[i]!];
    if (!(offset + count <= file.bytes.length) || count < 0) {
      // Cameras round the last count up; what matters is whether the data needed is there.
      const room = Math.max(0, file.bytes.length - offset);
      if (room === 0)
        tiffFail(
          `Cannot read a TIFF block: found its data at byte ${offset}, beyond the end of the file`,
          "truncated",
          file.bytes.length,
        );
      available += room;
    } else available += count;
  }
  const wanted = height * Math.ceil((width * samples * bits) / 8);
  if (available * method.growth < wanted) {
    tiffFail(
      `Cannot read a TIFF page: found ${available} bytes of ${method.name} data, wanted enough for ${wanted}`,
      "truncated",
      file.bytes.length,
    );
  }
  const palette = photometric === 3 ? paletteOf(file, directory, bits, samples) : undefined;
  return {
    directory,
    width,
    height,
    samples,
    components: palette === undefined ? samples : 3,
    bits,
    sampleFormat,
    type: palette === undefined ? type : "uint16",
    photometric,
    palette,
    inverted: photometric === 0 && sampleFormat === 1 && bits <= 32,
    reduced: (one(tags.subfile, 0) & 1) === 1,
    compression,
    compressionName: method.name,
    predictor,
    separate,
    reverseBits: one(tags.fillOrder, 1) === 2,
    blockWidth,
    blockHeight,
    offsets,
    counts,
    spacing: spacingOf(file, directory),
  };
}

function typeOf(bits: number, format: number): StoredType | undefined {
  if (format === 3)
    return bits === 16 || bits === 32 ? "float32" : bits === 64 ? "float64" : undefined;
  if (format !== 1 && format !== 2) return undefined;
  const sign = format === 1 ? "uint" : "int";
  if (bits === 8 || bits === 16 || bits === 32 || bits === 64) return `${sign}${bits}`;
  if (format !== 1 || !(bits >= 1 && bits < 16)) return undefined;
  return bits < 8 ? "uint8" : "uint16";
}

function paletteOf(
  file: TiffFile,
  directory: TiffDirectory,
  bits: number,
  samples: number,
): Uint16Array {
  const values = valuesOf(file, directory, tags.colourMap);
  if (bits > 16 || samples !== 1 || values === undefined || values.length !== 3 * 2 ** bits) {
    tiffFail(
      `Cannot read a TIFF with a palette: found ${values?.length ?? 0} entries for ${samples} samples of ${bits} bits, wanted ${3 * 2 ** Math.min(bits, 16)} for one`,
      "corrupt",
      directory.offset,
    );
  }
  return Uint16Array.from(values);
}

function spacingOf(file: TiffFile, directory: TiffDirectory): [number, number, number] | undefined {
  const unit = valuesOf(file, directory, tags.resolutionUnit)?.[0];
  const x = valuesOf(file, directory, tags.xResolution)?.[0];
  const y = valuesOf(file, directory, tags.yResolution)?.[0];
  // Inches come from screens and scanners by default and say nothing of the patient.
  if (unit !== 3 || x === undefined || y === undefined) return undefined;
  if (!(x > 0) || !(y > 0) || !Number.isFinite(x) || !Number.isFinite(y)) return undefined;
  return [1, 10 / y, 10 / x];
}

/** All elements of a page, components interleaved. */
export async function pageElements(file: TiffFile, page: Page): Promise<StoredArray> {
  const { width, height, samples, blockWidth, blockHeight } = page;
  const rawType = page.palette === undefined ? page.type : page.bits > 8 ? "uint16" : "uint8";
  const out = emptyArray(rawType, width * height * samples);
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const planes = page.separate ? samples : 1;
  const perPixel = page.separate ? 1 : samples;
  const tiled = blockWidth !== width || page.directory.fields.has(tags.tileWidth);
  const rowBytes = Math.ceil((blockWidth * perPixel * page.bits) / 8);
  for (let plane = 0; plane < planes; plane++) {
    for (let by = 0; by < down; by++) {
      for (let bx = 0; bx < across; bx++) {
        const index = (plane * down + by) * across + bx;
        const offset = page.offsets[index]!;
        const rows = tiled ? blockHeight : Math.min(blockHeight, height - by * blockHeight);
        const packed = file.bytes.subarray(offset, offset + page.counts[index]!);
        const wanted = rows * rowBytes;
        const { growth } = compressions[page.compression]!;
        if (wanted > packed.length * growth) {
          tiffFail(
            `Cannot read a TIFF block: found ${packed.length} bytes, wanted ${wanted} after unpacking`,
            "truncated",
            Math.min(file.bytes.length, offset + packed.length),
          );
        }
        const plain = await unpackStrip(packed, {
          compression: page.compression,
          wanted,
          offset,
          reverseBits: page.reverseBits,
        });
        const block = samplesOf(plain, page, {
          rawType,
          rows,
          rowBytes,
          perRow: blockWidth * perPixel,
          perPixel,
          littleEndian: file.littleEndian,
        });
        const columns = Math.min(blockWidth, width - bx * blockWidth);
        const useful = Math.min(rows, height - by * blockHeight);
        for (let r = 0; r < useful; r++) {
          const to = ((by * blockHeight + r) * width + bx * blockWidth) * samples + plane;
          const from = r * blockWidth * perPixel;
          if (perPixel === samples) {
            (out as Float64Array).set(
              (block as Float64Array).subarray(from, from + columns * samples),
              to,
            );
          } else {
            for (let x = 0; x < columns; x++) out[to + x * samples] = block[from + x]!;
          }
        }
      }
    }
  }
  return page.palette === undefined ? out : coloured(out, page.palette);
}

function coloured(entries: StoredArray, palette: Uint16Array): Uint16Array {
  const size = palette.length / 3;
  const out = new Uint16Array(entries.length * 3);
  for (let i = 0; i < entries.length; i++) {
    const entry = Number(entries[i]);
    for (let c = 0; c < 3; c++) out[3 * i + c] = palette[c * size + entry]!;
  }
  return out;
}

interface BlockShape {
  readonly rawType: StoredType;
  readonly rows: number;
  readonly rowBytes: number;
  readonly perRow: number;
  readonly perPixel: number;
  readonly littleEndian: boolean;
}

/** Samples of a block in the host's byte order, predictors undone. */
function samplesOf(plain: Uint8Array, page: Page, shape: BlockShape): StoredArray {
  const { rawType, rows, rowBytes, perRow, perPixel, littleEndian } = shape;
  const { bits } = page;
  const out = emptyArray(rawType, rows * perRow);
  const half = page.sampleFormat === 3 && bits === 16;
  const width = bits / 8;
  for (let r = 0; r < rows; r++) {
    let row = plain.subarray(r * rowBytes, (r + 1) * rowBytes);
    let le = littleEndian;
    if (page.predictor === 3) {
      row = undoFloatPredictor(row, { count: perRow, width, step: perPixel });
      le = false;
    }
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
    for (let i = 0; i < perRow; i++) {
      const to = r * perRow + i;
      if (bits === 8) out[to] = page.sampleFormat === 2 ? view.getInt8(i) : row[i]!;
      else if (half) out[to] = halfToFloat(view.getUint16(2 * i, le));
      else if (bits === 16)
        out[to] = page.sampleFormat === 2 ? view.getInt16(2 * i, le) : view.getUint16(2 * i, le);
      else if (bits === 32) {
        out[to] =
          page.sampleFormat === 3
            ? view.getFloat32(4 * i, le)
            : page.sampleFormat === 2
              ? view.getInt32(4 * i, le)
              : view.getUint32(4 * i, le);
      } else if (bits === 64) {
        if (out instanceof BigInt64Array) out[to] = view.getBigInt64(8 * i, le);
        else if (out instanceof BigUint64Array) out[to] = view.getBigUint64(8 * i, le);
        else out[to] = view.getFloat64(8 * i, le);
      } else out[to] = packedSample(row, i, bits);
    }
    if (page.predictor === 2)
      undoDifferences(out, { from: r * perRow, count: perRow, step: perPixel, bits, half });
  }
  return out;
}

/** Sample of 1 to 15 bits, highest bit first. */
function packedSample(row: Uint8Array, index: number, bits: number): number {
  const bit = index * bits;
  const at = bit >> 3;
  const window = (row[at]! << 16) | ((row[at + 1] ?? 0) << 8) | (row[at + 2] ?? 0);
  return (window >> (24 - bits - (bit & 7))) & ((1 << bits) - 1);
}

function undoDifferences(
  out: StoredArray,
  range: { from: number; count: number; step: number; bits: number; half: boolean },
): void {
  const { from, count, step, bits, half } = range;
  if (half || out instanceof Float32Array || out instanceof Float64Array) {
    tiffFail(
      "Cannot read a TIFF with integer predictor on floating point: wanted predictor 3",
      "unsupported",
      0,
    );
  }
  const mask = bits < 8 * out.BYTES_PER_ELEMENT ? 2 ** bits - 1 : undefined;
  for (let i = from + step; i < from + count; i++) {
    if (out instanceof BigInt64Array || out instanceof BigUint64Array)
      out[i] = out[i]! + out[i - step]!;
    else {
      const sum = out[i]! + out[i - step]!;
      out[i] = mask === undefined ? sum : sum & mask;
    }
  }
}

/** Predictor 3: bytes of a row were split by significance, highest first, then differenced. */
function undoFloatPredictor(
  row: Uint8Array,
  shape: { count: number; width: number; step: number },
): Uint8Array {
  const { count, width, step } = shape;
  const sums = row.slice();
  for (let i = step; i < sums.length; i++) sums[i] = (sums[i]! + sums[i - step]!) & 255;
  const out = new Uint8Array(row.length);
  for (let i = 0; i < count; i++) {
    for (let b = 0; b < width; b++) out[i * width + b] = sums[b * count + i]!;
  }
  return out;
}
