/**
 * Frames of a large object read when they are asked for: the header and an index of the frames are in
 * memory, the pixels stay in the file. Deflated objects cannot be read so, for they have no places.
 */
import { FormatError, InputError } from "../core/errors.ts";
import type { Image, IntensityUnit } from "../core/image.ts";
import type { Stored, StoredType } from "../core/stored.ts";
import { emptyArray } from "../codecs/elements.ts";
import type { DicomElement, Fragment } from "./elements.ts";
import { dicomError } from "./failure.ts";
import { decodeFrames, frameStarts } from "./frames.ts";
import { frameGeometry } from "./geometry.ts";
import { type DicomFile, parseDicom } from "./parse.ts";
import { nativeBytes, type PixelLayout, pixelLayout } from "./pixels.ts";
import { modality, type Rescale, type ScaledBy, unitOf } from "./modality.ts";
import { declaredPadding } from "./padding.ts";
import { assemble } from "./read.ts";
import { frameTime } from "./time-step.ts";
import { samplesOf } from "./samples.ts";

/** Bytes that are somewhere else, such as in an open file. */
export interface ByteSource {
  readonly size: number;
  /** @throws FormatError when there are fewer bytes */
  read(at: number, length: number): Promise<Uint8Array>;
}

/** A multi-frame object whose pixels are still in the file. */
export interface DicomFrames {
  /** Everything of the image but its values. */
  readonly image: Omit<Image, "data">;
  readonly type: StoredType;
  /** Of the first frame. */
  readonly slope: number;
  readonly intercept: number;
  /** What all stored elements have in common; scalings of single frames in the order of the image. */
  readonly stored: Omit<Stored, "data" | "shape">;
  /** Which attributes say what the stored values mean. */
  readonly scaledBy: ScaledBy;
  /** Frame of the file at each place of the image; absent where that is the file's order. */
  readonly frameOrder?: readonly number[];
  readonly frames: number;
  readonly layout: PixelLayout;
  readonly file: DicomFile;
  readonly findings: readonly string[];
  /** Values of `count` frames from `first` on, as a `zyx` image placed where they lie. */
  read(first: number, count: number): Promise<FramesImage>;
}

/** Frames as an image. */
export interface FramesImage extends Image {
  /** The elements of the frames. */
  readonly stored: Stored;
  /** 1 for each voxel that is no measurement; absent where all are. */
  readonly padded?: Uint8Array;
}

const firstHeader = 2 ** 16;
const largestHeader = 2 ** 28;
const pixelTags = [0x7fe00008, 0x7fe00009, 0x7fe00010];

/** The header of a file, of which more is read until it is whole. */
async function readHeader(source: ByteSource): Promise<{ file: DicomFile; bytes: Uint8Array }> {
  for (let size = firstHeader; ; size *= 4) {
    const length = Math.min(size, source.size);
    const bytes = await source.read(0, length);
    try {
      const file = parseDicom(bytes, { stopAt: pixelTags[0]! });
      if (file.stoppedAt !== undefined || length === source.size) return { file, bytes };
    } catch (error) {
      // A header that is cut by the piece is no damage yet.
      if (length === source.size || size >= largestHeader) throw error;
    }
    if (size >= largestHeader) {
      throw dicomError(
        "too-large",
        size,
        `Cannot read DICOM: found a header of more than ${largestHeader} bytes, wanted less`,
      );
    }
  }
}

interface Place {
  readonly element: DicomElement;
  /** First byte of the value. */
  readonly start: number;
  readonly length: number | undefined;
}

/** The pixel data element without its value. */
async function findPixels(source: ByteSource, file: DicomFile): Promise<Place> {
  const at = file.stoppedAt;
  const { explicit, littleEndian } = file.dataSet.encoding;
  if (at === undefined || source.size < at + 12) {
    throw dicomError(
      "mismatch",
      at ?? 0,
      "Cannot read a DICOM image: found an object without pixel data, wanted an image",
    );
  }
  const head = await source.read(at, 12);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const tag = view.getUint16(0, littleEndian) * 0x10000 + view.getUint16(2, littleEndian);
  if (!pixelTags.includes(tag)) {
    throw dicomError(
      "mismatch",
      at,
      "Cannot read a DICOM image: found an object without pixel data, wanted an image",
    );
  }
  const vr = explicit ? String.fromCharCode(head[4]!, head[5]!) : "OW";
  const length = view.getUint32(explicit ? 8 : 4, littleEndian);
  const start = at + (explicit ? 12 : 8);
  const open = length === 0xffffffff;
  const element: DicomElement = {
    tag,
    vr,
    value: new Uint8Array(0),
    offset: start,
    undefinedLength: open,
    ...(open ? { fragments: [] } : {}),
  };
  return { element, start, length: open ? undefined : length };
}

/** Where the fragments lie, the offset table first; `bytes` holds no more than their first two. */
async function indexFragments(
  source: ByteSource,
  start: number,
): Promise<{
  table: Fragment | undefined;
  pieces: (Fragment & { length: number })[];
  /** Whether the sequence has its end. */
  ended: boolean;
}> {
  const pieces: (Fragment & { length: number })[] = [];
  let table: Fragment | undefined;
  let ended = false;
  let at = start;
  while (at + 8 <= source.size) {
    const head = await source.read(at, Math.min(10, source.size - at));
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const tag = view.getUint16(0, true) * 0x10000 + view.getUint16(2, true);
    const length = view.getUint32(4, true);
    if (tag === 0xfffee0dd) {
      ended = true;
      break;
    }
    if (tag !== 0xfffee000) {
      throw dicomError(
        "corrupt",
        at,
        "Cannot read encapsulated pixel data: found no fragment, wanted one",
      );
    }
    if (at + 8 + length > source.size) {
      throw dicomError(
        "truncated",
        at + 8,
        `Cannot read a fragment of DICOM pixels: found ${source.size - at - 8} bytes, wanted ${length}`,
      );
    }
    if (!table) table = { bytes: await source.read(at + 8, length), offset: at + 8 };
    else pieces.push({ bytes: head.subarray(8), offset: at + 8, length });
    at += 8 + length;
  }
  return { table, pieces, ended };
}

/**
 * A copy of an object with an empty pixel element in the place of its pixels, which are not read; they
 * are only looked at for being there. Enough to sort slices into series.
 *
 * @returns undefined when it takes the whole file to tell: it is deflated, cut short or without pixels
 */
export async function withoutPixels(source: ByteSource): Promise<Uint8Array | undefined> {
  try {
    const { file, bytes } = await readHeader(source);
    if (file.syntax.deflated || file.stoppedAt === undefined) return undefined;
    const { start, length } = await findPixels(source, file);
    if (length === undefined) {
      if (!(await indexFragments(source, start)).ended) return undefined;
    } else if (start + length > source.size) return undefined;
    const out = new Uint8Array(start);
    out.set(bytes.subarray(0, file.stoppedAt));
    const head = await source.read(file.stoppedAt, start - file.stoppedAt);
    // The length stands last in either form of the element.
    head.fill(0, head.length - 4);
    out.set(head, file.stoppedAt);
    return out;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/**
 * Opens a DICOM object without reading its pixels.
 *
 * @throws FormatError when the header or the index of frames is bad; InputError when it cannot be read frame by frame
 */
export async function openDicomFrames(
  source: ByteSource,
  options: { unit?: IntensityUnit } = {},
): Promise<DicomFrames> {
  const { file: header } = await readHeader(source);
  if (header.syntax.deflated) {
    throw new InputError(
      "Cannot read a DICOM object frame by frame: found a deflated data set, wanted another transfer syntax",
    );
  }
  const { element, start, length } = await findPixels(source, header);
  const file: DicomFile = {
    ...header,
    dataSet: {
      ...header.dataSet,
      elements: new Map([...header.dataSet.elements, [element.tag, element]]),
    },
  };
  const { layout, findings } = pixelLayout(file, { maxElements: Number.MAX_SAFE_INTEGER });
  if (
    layout.samples !== 1 ||
    layout.photometric === "PALETTE COLOR" ||
    layout.bitsAllocated === 1
  ) {
    throw new InputError(
      "Cannot read a DICOM object frame by frame: found colours or single bits, wanted grey values",
    );
  }
  const bytesPerFrame = nativeBytes({ ...layout, frames: 1 });
  const elementOf =
    length === undefined
      ? await packedFrames(source, file, { layout, start })
      : await plainFrames(source, { layout, start, length, bytesPerFrame });
  const geometry = frameGeometry(file.dataSet, { ...layout, offset: layout.element.offset });
  if (geometry.mosaic) {
    throw new InputError(
      "Cannot read a DICOM object frame by frame: found a mosaic of slices in one plane, wanted frames",
    );
  }
  const { order } = geometry;
  const readRun = async (first: number, count: number) => {
    const part = { ...layout, frames: count, element: await elementOf(first, count) };
    const raw = samplesOf(await decodeFrames(file, part), file.dataSet);
    const { rescale, ...meant } = modality(raw, file.dataSet, layout);
    return { part, ...meant, rescale: sliced(rescale, first, count), all: rescale };
  };
  const sample = await readRun(order?.[0] ?? 0, 1);
  const unit = unitOf(file.dataSet, sample.rescale) ?? options.unit ?? "arbitrary";
  const place = geometry.geometry;
  const one = assemble(sample.samples, {
    layout: sample.part,
    rescale: sample.rescale,
    geometry: { ...geometry, arrangement: "plane", slices: 1 },
    unit,
  });
  const { data: _, ...rest } = one;
  const { frames, rows, columns } = layout;
  const { arrangement, slices } = geometry;
  const whole = {
    plane: { axes: "yx", shape: [rows, columns] },
    volume: { axes: "zyx", shape: [frames, rows, columns] },
    series: { axes: "tyx", shape: [frames, rows, columns] },
    volumes: { axes: "tzyx", shape: [frames / slices, slices, rows, columns] },
  } as const;
  const padding = declaredPadding(file.dataSet, layout);
  const frameImages = async (first: number, count: number): Promise<FramesImage> => {
    if (!Number.isInteger(first) || first < 0 || count < 1 || first + count > frames) {
      throw new InputError(
        `Cannot read frames ${first} to ${first + count - 1}: found ${frames} frames, wanted some of them`,
      );
    }
    if (order && count > 1) {
      const size = rows * columns;
      const data = new Float32Array(count * size);
      let padded: Uint8Array | undefined;
      const start = await frameImages(first, 1);
      const elements = emptyArray(start.stored.type, count * size);
      const [slope, intercept] = [new Float64Array(count), new Float64Array(count)];
      for (let k = 0; k < count; k++) {
        const frame = k === 0 ? start : await frameImages(first + k, 1);
        data.set(frame.data, k * size);
        // Both are of the object's one type.
        (elements as Float64Array).set(frame.stored.data as Float64Array, k * size);
        slope[k] = frame.stored.slope;
        intercept[k] = frame.stored.intercept;
        if (frame.padded) {
          padded ??= new Uint8Array(count * size);
          padded.set(frame.padded, k * size);
        }
      }
      const shape = [count, rows, columns];
      const elementsOf = storedAs(start.stored, { data: elements, shape, slope, intercept });
      return { ...start, shape, data, stored: elementsOf, ...(padded ? { padded } : {}) };
    }
    const { part, samples, rescale, padded } = await readRun(order?.[first] ?? first, count);
    const step = arrangement === "series" ? 0 : (first % slices) * place.spacing[0];
    const origin = [0, 1, 2].map((r) => place.origin[r]! + place.direction[3 * r + 2]! * step);
    const image = assemble(samples, {
      layout: part,
      rescale,
      geometry: {
        geometry: { ...place, origin: origin as [number, number, number] },
        arrangement: "volume",
        slices: count,
      },
      unit,
    });
    const elements = storedAs(stored, { ...rescale, data: samples.data, shape: image.shape });
    return { ...image, stored: elements, ...(padded ? { padded } : {}) };
  };
  const stored: DicomFrames["stored"] = {
    type: sample.samples.type,
    components: 1,
    kind: "scalar",
    slope: sample.rescale.slope[0]!,
    intercept: sample.rescale.intercept[0]!,
    ...(sample.all.varies ? { planes: placed(sample.all, order) } : {}),
    bits: sample.samples.bits,
    ...(padding === undefined ? {} : { padding: padding.value }),
    ...(padding?.limit === undefined ? {} : { paddingLimit: padding.limit }),
  };
  return Object.freeze({
    image: {
      ...rest,
      ...whole[arrangement],
      timeStep: arrangement === "series" ? frameTime(file.dataSet) : undefined,
    },
    type: sample.samples.type,
    slope: sample.rescale.slope[0]!,
    intercept: sample.rescale.intercept[0]!,
    stored,
    scaledBy: sample.rescale.by,
    ...(order ? { frameOrder: order } : {}),
    frames,
    layout,
    file,
    findings: [...file.findings, ...findings, ...sample.all.findings, ...geometry.findings],
    read: frameImages,
  });
}

/** Elements of some frames with the scaling of each, or the one that all have. */
function storedAs(
  common: DicomFrames["stored"],
  part: Pick<Stored, "data" | "shape"> & NonNullable<Stored["planes"]>,
): Stored {
  const { data, shape, slope, intercept } = part;
  const { planes: _, ...rest } = common;
  const varies = slope.some((m) => m !== slope[0]) || intercept.some((b) => b !== intercept[0]);
  return {
    ...rest,
    data,
    shape,
    slope: slope[0]!,
    intercept: intercept[0]!,
    ...(varies ? { planes: { slope, intercept } } : {}),
  };
}

/** Scalings of the frames in the order of their places. */
function placed(
  rescale: Rescale,
  order: readonly number[] | undefined,
): NonNullable<Stored["planes"]> {
  const { slope, intercept } = rescale;
  if (!order || slope.length === 1) return { slope, intercept };
  return {
    slope: Float64Array.from(order, (frame) => slope[frame]!),
    intercept: Float64Array.from(order, (frame) => intercept[frame]!),
  };
}

function sliced(rescale: Rescale, first: number, count: number): Rescale {
  if (rescale.slope.length === 1) return rescale;
  return {
    ...rescale,
    slope: rescale.slope.slice(first, first + count),
    intercept: rescale.intercept.slice(first, first + count),
  };
}

type ElementOf = (first: number, count: number) => Promise<DicomElement>;

async function plainFrames(
  source: ByteSource,
  place: { layout: PixelLayout; start: number; length: number; bytesPerFrame: number },
): Promise<ElementOf> {
  const { layout, start, length, bytesPerFrame } = place;
  const wanted = bytesPerFrame * layout.frames;
  if (length < wanted || start + wanted > source.size) {
    throw dicomError(
      "truncated",
      Math.min(start + length, source.size),
      `Cannot read DICOM pixels: found ${Math.min(length, source.size - start)} bytes, wanted ${wanted} for ${layout.frames} frames`,
    );
  }
  return async (first, count) => ({
    ...layout.element,
    offset: start + first * bytesPerFrame,
    value: await source.read(start + first * bytesPerFrame, count * bytesPerFrame),
  });
}

async function packedFrames(
  source: ByteSource,
  file: DicomFile,
  place: { layout: PixelLayout; start: number },
): Promise<ElementOf> {
  const { layout } = place;
  const { table, pieces } = await indexFragments(source, place.start);
  const starts = frameStarts(file, layout, { table, pieces });
  return async (first, count) => {
    const fragments: Fragment[] = [{ bytes: new Uint8Array(0), offset: place.start }];
    for (let f = first; f < first + count; f++) {
      const group = pieces.slice(starts[f], starts[f + 1]);
      const parts = await Promise.all(
        group.map((piece) => source.read(piece.offset, piece.length)),
      );
      const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      // One fragment for each frame from here on.
      fragments.push({ bytes, offset: group[0]!.offset });
    }
    return { ...layout.element, fragments };
  };
}
