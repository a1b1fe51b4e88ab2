/**
 * Large NIfTI, NPY and DICOM files slab by slab: only a few planes are in memory at any time, whatever the
 * size of the file.
 *
 * Bound: with V the voxels of one slab and its halo, w and w' the bytes of a stored element read and
 * written, at most V · (2w + 8 + 2w') bytes are held, plus what the work on a slab takes itself.
 */
import { createReadStream } from "node:fs";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { FormatError, InputError, messageOf, throwIfAborted } from "../core/errors.ts";
import {
  type Image,
  type ImageTemplate,
  type IntensityUnit,
  layoutOf,
  makeTemplate,
} from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { textOf } from "../dicom/elements.ts";
import { looksLikeDicom } from "../dicom/parse.ts";
import { openDicomFrames } from "../dicom/stream.ts";
import { bytesOf, fromFloat, readElements, toFloat32, writeElements } from "../codecs/elements.ts";
import { isFolder, type OpenFile, openRegular } from "./files-disk.ts";
import { openSink, type Sink } from "./files-sink.ts";
import type { Stored, StoredType } from "../core/stored.ts";
import { isGzip } from "../codecs/inflate.ts";
import { headerFact } from "../formats/dicom.ts";
import type { Facts } from "../formats/format.ts";
import { niftiFacts } from "../formats/nifti-facts.ts";
import {
  niftiElements,
  niftiExtensions,
  niftiHeaderToBytes,
  parseNiftiHeader,
} from "../formats/nifti-header.ts";
import {
  niftiGeometry,
  niftiLayout,
  niftiScaling,
  type NiftiSource,
  niftiTimeStep,
} from "../formats/nifti-layout.ts";
import { niftiHeaderOf } from "../formats/nifti-new-header.ts";
import { isNpy, parseNpyHeader } from "../formats/npy-array.ts";
import { parseRemark } from "../formats/remark.ts";
import { openFolderSeries } from "./files-series.ts";
import { openSeriesSlabs, placedSlab } from "./series-slabs.ts";
import type { Slab, SlabSource } from "./slab-source.ts";

export type { Slab, SlabSource } from "./slab-source.ts";

interface Bytes {
  readonly read: (at: number, length: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

function plainBytes(handle: OpenFile, format: string): Bytes {
  return {
    async read(at, length) {
      const out = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(
          out,
          filled,
          Math.min(length - filled, 1 << 26),
          at + filled,
        );
        if (bytesRead === 0) {
          throw new FormatError(`Cannot read ${length} bytes at ${at}: found the end of the file`, {
            format,
            kind: "truncated",
            offset: at + filled,
          });
        }
        filled += bytesRead;
      }
      return out;
    },
    close: () => handle.close(),
  };
}

/** Unpacks forward and keeps only what a later read may still ask for. */
function packedBytes(path: string, format: string): Bytes {
  const file = createReadStream(path);
  const stream = file.pipe(createGunzip());
  file.on("error", (error) => stream.destroy(error));
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let held: Uint8Array[] = [];
  let start = 0;
  let total = 0;
  return {
    async read(at, length) {
      if (at < start)
        throw new InputError(
          `Cannot read packed bytes at ${at}: found ${start} passed already, wanted to go forward`,
        );
      for (;;) {
        while (held.length > 0 && start + held[0]!.length <= at) {
          start += held[0]!.length;
          total -= held[0]!.length;
          held.shift();
        }
        if (start + total >= at + length) break;
        const next = await pieces.next().catch((error: unknown) => {
          throw new FormatError(`Cannot unpack ${path}: found damaged data (${messageOf(error)})`, {
            format,
            kind: /unexpected end/.test(messageOf(error)) ? "truncated" : "corrupt",
            offset: start + total,
            cause: error,
          });
        });
        if (next.done) {
          throw new FormatError(
            `Cannot read ${length} bytes at ${at}: found the end of the packed data`,
            { format, kind: "truncated", offset: start + total },
          );
        }
        held.push(next.value);
        total += next.value.length;
      }
      const out = new Uint8Array(length);
      let place = start;
      for (const piece of held) {
        const from = Math.max(0, at - place);
        const to = Math.min(piece.length, at + length - place);
        if (to > from) out.set(piece.subarray(from, to), place + from - at);
        place += piece.length;
      }
      return out;
    },
    close() {
      held = [];
      file.destroy();
      stream.destroy();
      return Promise.resolve();
    },
  };
}

/**
 * Opens a NIfTI (`.nii`, `.nii.gz`), NPY or DICOM file, or a folder with one series of DICOM slices,
 * without reading its values.
 *
 * @param options.unit of the intensities where the file does not say
 * @throws InputError when the path is no such file or folder; FormatError when its header is bad
 */
export async function openSlabs(
  path: string,
  options: { readonly unit?: IntensityUnit | undefined } = {},
): Promise<SlabSource> {
  const source = await openSource(path).catch((error: unknown) => {
    throw error instanceof FormatError ? error.inFile(path) : error;
  });
  return withUnit(source, options.unit);
}

/** The source with a unit of the intensities where the files state none. */
export function withUnit(source: SlabSource, unit: IntensityUnit | undefined): SlabSource {
  if (unit === undefined || source.image.unit !== "arbitrary") return source;
  return {
    ...source,
    image: { ...source.image, unit },
    read: async (from, count) => ({ ...(await source.read(from, count)), unit }),
  };
}

async function openSource(path: string): Promise<SlabSource> {
  if (await isFolder(path)) {
    const series = await openFolderSeries(path);
    const [only, ...others] = series.files;
    // A single object has the planes of its frames.
    if (only !== undefined && others.length === 0) return openSource(join(path, only.name));
    return openSeriesSlabs(series);
  }
  const handle = await openRegular(path);
  const head = new Uint8Array(16384);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  const first = head.subarray(0, bytesRead);
  if (looksLikeDicom(first)) return dicomSource(path, handle);
  const packed = isGzip(first);
  if (packed) await handle.close();
  const format = isNpy(first) ? "npy" : "nifti";
  const source = packed ? packedBytes(path, format) : plainBytes(handle, format);
  try {
    const start = packed ? await source.read(0, 352) : first;
    const opened = isNpy(start)
      ? npySource(path, source, start)
      : await niftiSource(path, source, start);
    if (!packed) checkLength(opened, (await handle.stat()).size);
    return opened;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** @throws FormatError when a file is too short for what its header claims */
function checkLength(source: FileSource, size: number): void {
  const { path, format, image, end } = source;
  if (end > size) {
    throw new FormatError(
      `Cannot read ${path}: found ${size} bytes, wanted ${end} for sizes [${image.shape.join(", ")}]`,
      { format, kind: "truncated", offset: size },
    );
  }
}

/** Frames of a multi-frame object, compressed or not. */
async function dicomSource(path: string, handle: OpenFile): Promise<SlabSource> {
  const bytes = plainBytes(handle, "dicom");
  try {
    const { size } = await handle.stat();
    const opened = await openDicomFrames({ size, read: (at, length) => bytes.read(at, length) });
    const { image, type, slope, intercept, frames } = opened;
    return Object.freeze({
      path,
      format: "dicom",
      image,
      type,
      slope,
      intercept,
      planes: frames,
      frames: opened,
      facts: headerFact(textOf(opened.file.dataSet, 0x00080018)),
      findings: opened.findings,
      read: (from: number, count: number) => opened.read(from, count),
      close: () => bytes.close(),
    });
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

type FileSource = SlabSource & { readonly end: number };

async function niftiSource(path: string, bytes: Bytes, first: Uint8Array): Promise<FileSource> {
  const header = parseNiftiHeader(
    first[0] === 0x1c || first[3] === 0x1c
      ? first.length >= 540
        ? first
        : await bytes.read(0, 540)
      : first,
  );
  const element = niftiElements[header.datatype]!;
  const layout = niftiLayout(header);
  if (!header.single || element.components > 1 || layout.swapsSeries) {
    throw new InputError(
      `Cannot stream ${basename(path)}: found a pair of files, colours or complex elements, wanted scalar NIfTI in one file`,
    );
  }
  const findings: string[] = [];
  const { slope, intercept } = niftiScaling(header, findings);
  const place = niftiGeometry(header);
  findings.push(...place.notes);
  const shape = header.rank === 1 ? [1, ...layout.shape] : layout.shape;
  const axes = header.rank === 1 ? "yx" : layout.axes;
  const template = makeTemplate(shape, {
    ...place.options,
    timeStep: niftiTimeStep(header, findings),
    axes,
    unit: parseRemark(header.description).unit ?? "arbitrary",
  });
  const source: NiftiSource = {
    format: "nifti",
    header,
    extensions: niftiExtensions(
      header.voxOffset <= first.length ? first : await bytes.read(0, header.voxOffset),
      header,
    ),
  };
  return sourceOf(path, bytes, {
    format: "nifti",
    image: template,
    source,
    facts: niftiFacts(source),
    findings,
    type: element.type,
    littleEndian: header.littleEndian,
    offset: header.voxOffset,
    slope,
    intercept,
  });
}

function npySource(path: string, bytes: Bytes, first: Uint8Array): FileSource {
  const header = parseNpyHeader(first, { format: "npy" });
  const types: Readonly<Record<string, StoredType>> = {
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
  const type = types[header.code];
  const axes = ({ 2: "yx", 3: "zyx", 4: "tzyx" } as const)[header.shape.length];
  if (type === undefined || axes === undefined || header.fortran) {
    throw new InputError(
      `Cannot stream ${basename(path)}: found type ${header.code} of ${header.shape.length} dimensions${header.fortran ? " in Fortran order" : ""}, wanted numbers in C order of 2 to 4`,
    );
  }
  const template = makeTemplate(header.shape, { axes });
  return sourceOf(path, bytes, {
    format: "npy",
    image: template,
    facts: {},
    findings: [],
    type,
    littleEndian: header.littleEndian,
    offset: header.start,
    slope: 1,
    intercept: 0,
  });
}

interface Place {
  readonly format: "nifti" | "npy";
  readonly image: ImageTemplate;
  readonly facts: Facts;
  readonly source?: NiftiSource;
  readonly findings: readonly string[];
  readonly type: StoredType;
  readonly littleEndian: boolean;
  readonly offset: number;
  readonly slope: number;
  readonly intercept: number;
}

function sourceOf(path: string, bytes: Bytes, place: Place): FileSource {
  const { image } = place;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const planeBytes = ny * nx * bytesOf[place.type];
  const planes = blocks * nz;
  const { format, type, slope, intercept, littleEndian, facts, source, findings } = place;
  return Object.freeze({
    path,
    format,
    image,
    facts,
    ...(source === undefined ? {} : { source }),
    type,
    slope,
    intercept,
    planes,
    findings,
    /** Byte behind the last element. */
    end: place.offset + planes * planeBytes,
    async read(from: number, count: number): Promise<Slab> {
      if (!Number.isInteger(from) || from < 0 || count < 1 || from + count > planes) {
        throw new InputError(
          `Cannot read planes ${from} to ${from + count - 1}: found ${planes} planes`,
        );
      }
      const raw = await bytes.read(place.offset + from * planeBytes, count * planeBytes);
      const data = readElements(raw, { format, type, count: count * ny * nx, littleEndian });
      const shape = [count, ny, nx];
      const stored: Stored = {
        data,
        type,
        shape,
        components: 1,
        kind: "scalar",
        slope,
        intercept,
      };
      const values = toFloat32(stored, "zyx");
      return { ...placedSlab(image, { from: from % nz, data: values, shape }), stored };
    },
    close: () => bytes.close(),
  });
}

export interface SlabOptions extends WorkOptions {
  /** Unit of the intensities where the file does not say. */
  readonly unit?: IntensityUnit | undefined;
  /** Bytes of float32 values in one slab without halo. Defaults to 64 MiB. */
  readonly slabBytes?: number;
  /** Planes that the work sees on each side and does not write, as filters in 3-D need. Defaults to 0. */
  readonly halo?: number;
  /** Element type of the output. Defaults to float32. */
  readonly type?: StoredType;
}

/**
 * Applies work to a large file slab by slab and writes the result as NIfTI (`.nii` or `.nii.gz`), which
 * appears whole or not at all.
 *
 * @param options.work gets a `zyx` image of a slab with its halo and returns one of the same shape; slabs never
 *   cross from one time point to the next
 * @returns the greatest number of bytes held for one slab, by the bound above
 */
export async function processSlabs(
  input: string,
  output: string,
  options: SlabOptions & { work: (slab: Image) => Promise<Image> },
): Promise<{ boundBytes: number; slabs: number }> {
  const { slabBytes = 64 * 2 ** 20, halo = 0, type = "float32", work } = options;
  const source = await openSlabs(input, { unit: options.unit });
  const { image } = source;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const depth = Math.max(1, Math.floor(slabBytes / (4 * ny * nx)));
  const header = niftiHeaderOf(image, { type, kind: "scalar", slope: 1, intercept: 0 });
  let sink: Sink | undefined;
  let slabs = 0;
  try {
    sink = await openSink(output, { compress: /\.gz$/i.test(output) });
    await sink.write(niftiHeaderToBytes(header));
    for (let block = 0; block < blocks; block++) {
      for (let z = 0; z < nz; z += depth) {
        throwIfAborted(options.signal, `processing ${input}`);
        const to = Math.min(nz, z + depth);
        const [from, end] = [Math.max(0, z - halo), Math.min(nz, to + halo)];
        const slab = await source.read(block * nz + from, end - from);
        const result = await work(slab);
        if (result.data.length !== slab.data.length) {
          throw new InputError(
            `Cannot write a slab: found ${result.data.length} values after the work, wanted ${slab.data.length}`,
          );
        }
        const kept = result.data.subarray((z - from) * ny * nx, (to - from) * ny * nx);
        await sink.write(writeElements(type === "float32" ? kept : fromFloat(kept, type)));
        slabs++;
        options.onProgress?.({
          done: block * nz + to,
          total: blocks * nz,
          label: "processing slabs",
        });
      }
    }
    await sink.finish();
  } catch (error) {
    await sink?.abandon();
    throw error;
  } finally {
    await source.close();
  }
  const voxels = Math.min(nz, depth + 2 * halo) * ny * nx;
  return { boundBytes: voxels * (2 * bytesOf[source.type] + 8 + 2 * bytesOf[type]), slabs };
}
