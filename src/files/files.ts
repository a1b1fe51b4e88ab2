/**
 * Paths in, images out, and back: the door of this room to the disk. Formats themselves work on bytes.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, join, normalize, sep } from "node:path";
import { FormatError, InputError, messageOf, throwIfAborted } from "../core/errors.ts";
import { type Image, sizeOf } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import { catalogue } from "../formats/catalogue.ts";
import {
  bytesOf,
  exists,
  reasonOf,
  type Skipped,
  skippedText,
  walkFolder,
  writeWhole,
} from "./files-disk.ts";
import { seriesFile } from "./files-series.ts";
import type { Stored } from "../core/stored.ts";
import { headerFact } from "../formats/dicom.ts";
import type {
  Decoded,
  DecodedImage,
  Format,
  ReadOptions,
  WriteOptions,
  Written,
  WrittenFile,
} from "../formats/format.ts";
import { inflateAll, isGzip } from "../codecs/inflate.ts";
import { type SeriesFile, groupSeries, readSeriesImages } from "./series.ts";

export type { Skipped } from "./files-disk.ts";
export {
  reasonOf,
  clearLeftovers,
  temporaryName,
  walkFolder,
  makeFolders,
  skippedText,
  writeFailure,
  writeWhole,
} from "./files-disk.ts";

/** Bytes to which a gzip around another format may unpack. */
const greatestUnpacked = 2 ** 29;

export interface OpenOptions extends Omit<ReadOptions, "fileName" | "companion"> {
  /** Name of the format when neither content nor extension should decide. */
  readonly format?: string;
}

export interface Opened extends Decoded {
  readonly path: string;
}

/** All formats, by name. */
export async function allFormats(): Promise<readonly Format[]> {
  return Promise.all(Object.values(catalogue).map((load) => load()));
}

/** @throws InputError naming the known formats */
export async function formatByName(name: string): Promise<Format> {
  return openMember<Format>(catalogue, name, `Cannot use format ${name}: found no such format`);
}

/** The format whose extension a file name ends in; the longest extension wins. */
export async function formatOfName(fileName: string): Promise<Format | undefined> {
  const lower = fileName.toLowerCase();
  let best: { format: Format; length: number } | undefined;
  for (const format of await allFormats()) {
    for (const extension of format.extensions) {
      if (lower.endsWith(extension) && extension.length > (best?.length ?? 0)) {
        best = { format, length: extension.length };
      }
    }
  }
  return best?.format;
}

/** The error for a name in which no image can be written: of no format, or of one that is only read. */
export async function notWritten(
  fileName: string,
  format: Format | undefined,
): Promise<InputError> {
  const ending = /\.[^./\\]+$/.exec(fileName)?.[0];
  const found =
    format !== undefined
      ? `${format.title}, which is only read`
      : ending === undefined
        ? "a name without an ending"
        : `the unknown ending ${ending}`;
  const writers = (await allFormats()).filter((one) => one.write !== undefined);
  return new InputError(
    `Cannot write ${fileName}: found ${found}, wanted one of ${writers.map((one) => one.extensions[0]).join(", ")}`,
  );
}

/** The format that recognises the bytes, if any. */
export async function sniffFormat(
  bytes: Uint8Array,
  fileName: string,
): Promise<Format | undefined> {
  const likely = await formatOfName(fileName);
  if (likely?.sniff(bytes, fileName)) return likely;
  for (const format of await allFormats()) {
    if (format !== likely && format.sniff(bytes, fileName)) return format;
  }
  return undefined;
}

/**
 * Opens a file of any known format.
 *
 * @throws InputError when the path cannot be opened; FormatError when its content cannot be read
 */
export async function openFile(path: string, options: OpenOptions = {}): Promise<Opened> {
  const target = await headerBeside(path);
  const bytes = await bytesOf(target);
  const folder = dirname(target);
  const decoded = await decodeBytes(bytes, basename(target), { ...options, folder }).catch(
    (error: unknown) => {
      throw error instanceof FormatError ? error.inFile(path) : error;
    },
  );
  return { ...decoded, path };
}

/** Decodes bytes that came from anywhere, by content first and by name second. */
export async function decodeBytes(
  bytes: Uint8Array,
  fileName: string,
  options: OpenOptions & { folder?: string; unpacked?: boolean } = {},
): Promise<Decoded> {
  const { format: wanted, folder, unpacked = false, ...rest } = options;
  throwIfAborted(options.signal, `reading ${fileName}`);
  if (bytes.length === 0) {
    throw new FormatError(`Cannot read ${fileName}: found an empty file`, {
      format: wanted ?? "unknown",
      kind: "empty",
      offset: 0,
    });
  }
  const format =
    wanted !== undefined
      ? await formatByName(wanted)
      : rest.raw !== undefined
        ? await formatByName("raw")
        : ((await sniffFormat(bytes, fileName)) ?? (await formatOfName(fileName)));
  // One layer only: there are archives that unpack to themselves.
  if (format === undefined && isGzip(bytes) && !unpacked) {
    const plain = await inflateAll(bytes, {
      format: "gzip",
      packing: "gzip",
      limit: greatestUnpacked,
    });
    const inside = await decodeBytes(plain, fileName.replace(/\.gz$/i, ""), {
      ...options,
      unpacked: true,
    });
    return { ...inside, notes: [...inside.notes, "the file was packed by gzip"] };
  }
  if (format === undefined) {
    const known = (await allFormats()).map((f) => f.title).join(", ");
    throw new FormatError(
      `Cannot read ${fileName}: found first bytes ${hex(bytes)}, wanted one of ${known}`,
      { format: "unknown", kind: "unsupported", offset: 0 },
    );
  }
  return format.read(bytes, {
    ...rest,
    fileName,
    ...(folder === undefined ? {} : { companion: (name: string) => companionOf(folder, name) }),
  });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 8), (b) => b.toString(16).padStart(2, "0")).join(" ");
}

/** For `x.img` the header `x.hdr` beside it, which says what it holds. */
async function headerBeside(path: string): Promise<string> {
  const found = /^(.*)\.img(\.gz)?$/i.exec(path);
  if (found === null) return path;
  for (const candidate of [`${found[1]}.hdr`, `${found[1]}.hdr.gz`]) {
    if (await exists(candidate)) return candidate;
  }
  return path;
}

/** Bytes of a file beside another; names that leave the folder are refused. */
async function companionOf(folder: string, name: string): Promise<Uint8Array | undefined> {
  const inside = normalize(name);
  if (inside.startsWith("..") || inside.startsWith(sep) || /^[A-Za-z]:/.test(inside)) {
    throw new InputError(
      `Cannot open companion file ${name}: found a path outside the folder of its header, wanted a file beside it`,
    );
  }
  const path = join(folder, inside);
  return (await exists(path)) ? bytesOf(path) : undefined;
}

export interface SaveOptions extends Omit<WriteOptions, "fileName"> {
  /** Name of the format; by default the extension decides. */
  readonly format?: string;
}

/**
 * Encodes an image for a file name: the bytes that `saveImage` would write.
 *
 * @throws InputError when no format that writes has the extension, or it cannot hold the image
 */
export async function encodeImage(
  image: Image,
  fileName: string,
  options: SaveOptions = {},
): Promise<Written & { format: string }> {
  const { format: wanted, ...rest } = options;
  const format = wanted === undefined ? await formatOfName(fileName) : await formatByName(wanted);
  if (format?.write === undefined) throw await notWritten(fileName, format);
  return { ...(await format.write(image, { ...rest, fileName })), format: format.name };
}

/** Reads what `encodeImage` made, as it will be read from the disk. */
export async function decodeWritten(
  written: Written & { format: string },
  options: Pick<OpenOptions, "signal" | "maxElements"> = {},
): Promise<Decoded> {
  const [main] = written.files;
  const format = await formatByName(written.format);
  return format.read(main!.bytes, {
    ...options,
    ...written.readAs,
    fileName: main!.name,
    companion: (name) => Promise.resolve(written.files.find((f) => f.name === name)?.bytes),
  });
}

/** Writes files that were encoded for a path beside each other, all of them or none. */
export async function saveWritten(
  path: string,
  written: Written,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  const placed = written.files.map((f: WrittenFile) => ({
    path: join(dirname(path), f.name),
    bytes: f.bytes,
  }));
  await writeWhole(placed, options);
  return placed.map((f) => f.path);
}

/**
 * Writes an image to a path, whole or not at all; the extension chooses the format.
 *
 * @returns the paths written and what the file does not keep
 */
export async function saveImage(
  path: string,
  image: Image,
  options: SaveOptions = {},
): Promise<{ paths: string[]; lost: readonly string[]; format: string }> {
  const written = await encodeImage(image, basename(path), options);
  return { paths: await saveWritten(path, written), lost: written.lost, format: written.format };
}

/** What a folder or file held, image by image. */
export interface OpenedPath extends Opened {
  /** Files that were read; those of one image together. */
  readonly files: readonly (readonly string[])[];
  /** Files of a folder that are no images, each with the reason. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
  /** Whether one of those is a part of an image: cut short or corrupt. */
  readonly damaged?: { readonly name: string; readonly reason: string };
}

/**
 * As `openPath`, for work on what is in a folder: a slice that is missing because its file is damaged would
 * give another volume.
 *
 * @throws InputError as `openPath`, and for a damaged file in a folder
 */
export async function openWhole(path: string, options: OpenOptions = {}): Promise<OpenedPath> {
  const opened = await openPath(path, options);
  const { damaged } = opened;
  if (damaged !== undefined) {
    throw new InputError(
      `Cannot work on ${path}: found the damaged file ${damaged.name} (${damaged.reason}), wanted every file whole`,
    );
  }
  return opened;
}

/**
 * The one image of a file or folder.
 *
 * @param use what it is wanted for, such as `use the mask`
 * @throws InputError as `openWhole`, and for several images
 */
export async function openOne(
  path: string,
  { use, ...options }: OpenOptions & { readonly use: string },
): Promise<DecodedImage> {
  const { images } = await openWhole(path, options);
  const [one] = images;
  if (one === undefined || images.length > 1) {
    throw new InputError(`Cannot ${use} ${path}: found ${images.length} images in it, wanted one`);
  }
  return one;
}

/** Whether an error says that a file has lost some of what it held. */
function saysDamaged(error: unknown): boolean {
  return error instanceof FormatError && (error.kind === "truncated" || error.kind === "corrupt");
}

/**
 * Opens a file, or a folder of DICOM files as its series, each an image. Files of other formats in a
 * folder are opened one by one when it holds no DICOM.
 *
 * @throws InputError when the folder holds nothing that can be read
 */
export async function openPath(path: string, options: OpenOptions = {}): Promise<OpenedPath> {
  const found = await stat(path).catch((error: unknown) => {
    throw new InputError(`Cannot open ${path}: ${reasonOf(error)}`, { cause: error });
  });
  if (!found.isDirectory()) {
    return { ...(await openFile(path, options)), files: [[path]], refused: [] };
  }
  const skipped: Skipped[] = [];
  const names = await walkFolder(path, (entry) => skipped.push(entry));
  const dicomFiles: SeriesFile[] = [];
  const others: string[] = [];
  for (const name of names) {
    throwIfAborted(options.signal, `reading ${path}`);
    const file = await seriesFile(path, name);
    if (file !== undefined) dicomFiles.push(file);
    else others.push(name);
  }
  return dicomFiles.length > 0
    ? openSeries(path, dicomFiles, { others, skipped, options })
    : openEach(path, others, { skipped, options });
}

async function openSeries(
  path: string,
  files: readonly SeriesFile[],
  rest: { others: readonly string[]; skipped: readonly Skipped[]; options: OpenOptions },
): Promise<OpenedPath> {
  const { options, others } = rest;
  const { gaps } = options;
  const grouping = groupSeries(files, gaps === undefined ? {} : { gaps });
  const refused: Skipped[] = [
    ...rest.skipped,
    ...grouping.refused.map(({ name, reason }) => ({ name, reason })),
  ];
  let damaged: Skipped | undefined = grouping.refused.find(
    ({ kind }) => kind === "truncated" || kind === "corrupt",
  );
  const images: DecodedImage[] = [];
  const read: string[][] = [];
  for (const series of grouping.series) {
    try {
      const found = await readSeriesImages(series, {
        ...(gaps === undefined ? {} : { gaps }),
        ...(options.unit === undefined ? {} : { unit: options.unit }),
        ...(options.maxElements === undefined ? {} : { maxElements: options.maxElements }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      });
      const name = [series.modality, series.description].filter((t) => t !== "").join(" ");
      const { noImage } = series;
      for (const { image, stored, padded, part, findings } of found) {
        images.push({
          name: [name, series.part ?? part].filter(Boolean).join(", "),
          image,
          stored: stored ?? valuesAsStored(image),
          ...(padded ? { padded } : {}),
          ...(noImage === undefined ? {} : { noImage }),
          notes: findings,
          facts: headerFact(series.uid),
        });
        read.push(series.files.map((f) => join(path, f.name)));
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const reason = messageOf(error);
      for (const { name } of series.files) refused.push({ name, reason });
      if (saysDamaged(error)) damaged ??= { name: series.files[0]!.name, reason };
    }
  }
  const unread =
    others.length > 0
      ? [
          skippedText({
            name: others.length === 1 ? "1 file" : `${others.length} files`,
            reason: `found no DICOM in ${others.length === 1 ? "it" : "them"}`,
          }),
        ]
      : [];
  return opened(path, "dicom", images, {
    notes: [...grouping.findings, ...unread],
    files: read,
    refused,
    ...(damaged === undefined ? {} : { damaged }),
  });
}

async function openEach(
  path: string,
  names: readonly string[],
  rest: { skipped: readonly Skipped[]; options: OpenOptions },
): Promise<OpenedPath> {
  const { options } = rest;
  const images: DecodedImage[] = [];
  const read: string[][] = [];
  const refused: Skipped[] = [...rest.skipped];
  const formats = new Set<string>();
  let damaged: Skipped | undefined;
  for (const name of names) {
    throwIfAborted(options.signal, `reading ${path}`);
    // The data file of a pair is read with its header.
    if (/\.img(\.gz)?$/i.test(name)) continue;
    try {
      const one = await openFile(join(path, name), options);
      formats.add(one.format);
      for (const image of one.images) {
        images.push({ ...image, name: image.name === "" ? name : `${name}: ${image.name}` });
        read.push([join(path, name)]);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused.push({ name, reason: messageOf(error) });
      if (saysDamaged(error)) damaged ??= refused.at(-1);
    }
  }
  return opened(path, [...formats].join(", "), images, {
    notes: [],
    files: read,
    refused,
    ...(damaged === undefined ? {} : { damaged }),
  });
}

function opened(
  path: string,
  format: string,
  images: readonly DecodedImage[],
  rest: Pick<OpenedPath, "notes" | "files" | "refused" | "damaged">,
): OpenedPath {
  if (images.length === 0) {
    const first = rest.refused[0];
    throw new InputError(
      `Cannot open folder ${path}: found no image that can be read${first === undefined ? "" : ` (${first.name}: ${first.reason})`}`,
    );
  }
  return { path, format, images, header: {}, ...rest };
}

/**
 * The values themselves, where the files of a series have no common stored type; of colours, whose slices
 * stand between their channels, the whole numbers that they were stored as.
 */
function valuesAsStored(image: Image): Stored {
  const { data, axes, shape } = image;
  const plain = { slope: 1, intercept: 0 };
  const channel = axes.indexOf("c");
  if (channel === -1) {
    return { ...plain, data, type: "float32", shape, components: 1, kind: "scalar" };
  }
  const wide = data.some((v) => v > 255);
  const out = wide ? new Uint16Array(data.length) : new Uint8Array(data.length);
  const block = sizeOf(shape.slice(channel + 1));
  for (let i = 0; i < out.length; i++) {
    const [voxel, c] = [Math.floor(i / 3), i % 3];
    const at = (Math.floor(voxel / block) * 3 + c) * block + (voxel % block);
    out[i] = data[at]!;
  }
  return {
    ...plain,
    data: out,
    type: wide ? "uint16" : "uint8",
    shape: shape.filter((_, i) => i !== channel),
    components: 3,
    kind: "rgb",
  };
}
