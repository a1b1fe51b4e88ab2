/** Images written as their planes come, in the order of the image; the file appears whole or not at all. */
import { InputError, throwIfAborted } from "../core/errors.ts";
import { type Image, type ImageTemplate, sizeOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stored, StoredArray } from "../core/stored.ts";
import { checkDerivable, type DeriveOptions, derivedObject } from "../dicom/derive.ts";
import { floatPixels, greyAttributes, greyPlan, sizeElements } from "../dicom/derive-pixels.ts";
import { encodePixels } from "../dicom/encode-pixels.ts";
import { paddingMask, paddingRanges } from "../dicom/padding.ts";
import { quantised } from "../dicom/quantise.ts";
import type { DicomFrames } from "../dicom/stream.ts";
import { lossesOf } from "../formats/elements-to-write.ts";
import { writeElements } from "../codecs/elements.ts";
import { openScratch, openSink, type Scratch, type Sink } from "./files-sink.ts";
import { nifti } from "../formats/nifti.ts";
import { niftiHeaderOf } from "../formats/nifti-new-header.ts";
import { niftiHeaderToBytes, parseNiftiHeader } from "../formats/nifti-header.ts";
import { niftiScaling, type NiftiSource } from "../formats/nifti-layout.ts";
import { npyCode, npyHead, npyHolds } from "../formats/npy-array.ts";

export interface SlabWriter {
  /**
   * The next planes' values in the image's unit.
   *
   * @param padded 1 for voxels without measurement, which keep the source's padding value
   */
  write(values: Float32Array, padded?: Uint8Array): Promise<void>;
  /** @returns paths, and what the output does not keep, one sentence each */
  finish(): Promise<{ readonly paths: readonly string[]; readonly lost: readonly string[] }>;
  /** Removes what was written. */
  abandon(): Promise<void>;
}

/** Formats that can be written so. */
export const slabFormats = ["nifti", "npy"] as const;

/**
 * A NIfTI or NPY file of float32 elements, the same as `saveImage` writes.
 *
 * @param image everything but the values
 */
export async function openVolumeWriter(
  path: string,
  image: Omit<Image, "data">,
  options: { format: (typeof slabFormats)[number]; description?: string },
): Promise<SlabWriter> {
  const { format, description } = options;
  const lost =
    format === "nifti"
      ? lossesOf(image, nifti.holds, nifti.title)
      : [
          ...lossesOf(image, npyHolds, "NPY"),
          ...(image.axes === "tyx" ? [`NPY does not name its axes (${image.axes})`] : []),
        ];
  const elements = { type: "float32", slope: 1, intercept: 0 } as const;
  const writer = await openElementsWriter(path, image, { format, elements, description });
  return {
    write: (values) => writer.write(values),
    async finish() {
      await writer.finish();
      return { paths: [path], lost };
    },
    abandon: () => writer.abandon(),
  };
}

/** Writes elements as they come. */
export interface ElementsWriter {
  write(elements: StoredArray): Promise<void>;
  /** The scaling that the header says, which may hold fewer digits. */
  readonly scaling: { readonly slope: number; readonly intercept: number };
  finish(): Promise<void>;
  /** Removes what was written. */
  abandon(): Promise<void>;
}

/**
 * A NIfTI or NPY file of elements of any type, the same as `saveImage` writes.
 *
 * @param image everything but the values
 * @param options.source of the file that the image came from, whose other facts are kept
 * @throws InputError for a pair of files
 */
export async function openElementsWriter(
  path: string,
  image: ImageTemplate,
  options: {
    readonly format: (typeof slabFormats)[number];
    readonly elements: Pick<Stored, "type" | "slope" | "intercept">;
    readonly description?: string | undefined;
    readonly source?: NiftiSource | undefined;
    /** Defaults to what the name says. */
    readonly compress?: boolean | undefined;
  },
): Promise<ElementsWriter> {
  const { format, elements, description, source, compress = /\.gz$/i.test(path) } = options;
  if (/\.(hdr|img)(\.gz)?$/i.test(path)) {
    throw new InputError(
      `Cannot write ${path} slab by slab: found the name of a pair of files, wanted .nii, .nii.gz or .npy`,
    );
  }
  let head: Uint8Array;
  let { slope, intercept } = elements;
  if (format === "nifti") {
    const header = niftiHeaderOf(
      image,
      { ...elements, kind: "scalar" },
      { description, source: source?.header },
    );
    head = niftiHeaderToBytes(header, source?.extensions);
    ({ slope, intercept } = niftiScaling(parseNiftiHeader(head), []));
  } else head = npyHead(npyCode(elements.type), image.shape);
  const sink = await openSink(path, { compress });
  let left = sizeOf(image.shape);
  return {
    scaling: { slope, intercept },
    async write(data) {
      if (left === sizeOf(image.shape)) await sink.write(head);
      left -= data.length;
      await sink.write(writeElements(data));
    },
    async finish() {
      checkWhole(path, left);
      await sink.finish();
    },
    abandon: () => sink.abandon(),
  };
}

/**
 * A derived multi-frame DICOM object, the same as `writeDerivedDicom` writes but for an empty table of
 * offsets in packed objects. Which rescaling the values fit is known when all are there: until then they
 * lie in a scratch file of float32 beside the target.
 *
 * @throws InputError as `writeDerivedDicom`
 */
export async function openDerivedWriter(
  path: string,
  source: DicomFrames,
  options: DeriveOptions & WorkOptions,
): Promise<SlabWriter> {
  checkDerivable(source);
  const scratch = await openScratch(path);
  const { rows, columns, frames } = source.layout;
  const frameRanges = Array.from({ length: frames }, (): [number, number] => [Infinity, -Infinity]);
  let left = sizeOf(source.image.shape);
  return {
    async write(values, padded) {
      const start = frames * rows * columns - left;
      left -= values.length;
      values.forEach((v, i) => {
        if (padded?.[i] === 1) return;
        const range = frameRanges[Math.floor((start + i) / (rows * columns))]!;
        if (v < range[0]) range[0] = v;
        if (v > range[1]) range[1] = v;
      });
      await scratch.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    },
    async finish() {
      checkWhole(path, left);
      const sink = await openSink(path);
      try {
        const lost = await fillDerived(sink, { source, scratch, frameRanges, options });
        await sink.finish();
        return { paths: [path], lost };
      } catch (error) {
        await sink.abandon();
        throw error;
      } finally {
        await scratch.close();
      }
    },
    abandon: () => scratch.close(),
  };
}

function checkWhole(path: string, left: number): void {
  if (left !== 0) {
    throw new InputError(
      `Cannot write ${path}: found values for all but ${left} voxels, wanted all`,
    );
  }
}

/** Longest value of an element with a stated length. */
const longest = 2 ** 32 - 2;

async function fillDerived(
  sink: Sink,
  work: {
    source: DicomFrames;
    scratch: Scratch;
    frameRanges: readonly (readonly [number, number])[];
    options: DeriveOptions & WorkOptions;
  },
): Promise<string[]> {
  const { source, scratch, frameRanges, options } = work;
  const { rows, columns, frames, type } = source.layout;
  const whole = type === "integer";
  const range = [
    frameRanges.reduce((least, [low]) => Math.min(least, low), Infinity),
    frameRanges.reduce((most, [, high]) => Math.max(most, high), -Infinity),
  ] as const;
  const plan = greyPlan(source, range, {
    ...options,
    ...(source.stored.planes ? { frameRanges } : {}),
  });
  const transferSyntax = whole ? plan.transferSyntax : "1.2.840.10008.1.2.1";
  const size = rows * columns;
  const placeOf = new Map(source.frameOrder?.map((frame, place) => [frame, place]));
  const frameElement = async (frame: number) => {
    const place = placeOf.get(frame) ?? frame;
    const bytes = await scratch.read(4 * size * place, 4 * size);
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, size);
    if (!whole) {
      const { planes, slope, intercept } = source.stored;
      const [m, b] = [planes?.slope[place] ?? slope, planes?.intercept[place] ?? intercept];
      const stored = type === "float64" ? Float64Array.from(values) : values.slice();
      if (m !== 1 || b !== 0) for (let i = 0; i < size; i++) stored[i] = (stored[i]! - b) / m;
      return floatPixels(stored);
    }
    const { kept, by, padding } = plan;
    const planes = kept ? source.stored.planes : undefined;
    const own = planes
      ? { ...by, slope: planes.slope[place]!, intercept: planes.intercept[place]! }
      : by;
    const data = quantised(values, own);
    // Padding was handed through: by the source's own rescale it is its stored value again.
    if (!kept) for (const i of paddingIn(values, source, place)) data[i] = padding;
    const { bitsStored, signed } = by;
    const shape = { rows, columns, frames: 1, samples: 1 as const, bitsStored, signed };
    return encodePixels(data, { ...shape, transferSyntax, work: options });
  };
  const first = await frameElement(0);
  const { fragments } = first;
  const plain = first.value.length * frames;
  // Values have an even length.
  const length = fragments ? 0xffffffff : plain + (plain % 2);
  if (!fragments && length > longest) {
    throw new InputError(
      `Cannot write a derived DICOM object: found ${length} bytes of pixels, wanted at most ${longest}; write NIfTI instead`,
    );
  }
  const { fragments: _, ...described } = first;
  const element = { ...described, value: new Uint8Array(0), undefinedLength: false };
  const grey = whole
    ? greyAttributes(source, plan, source.image.unit)
    : {
        elements: [],
        removed: [],
        signed: true,
        transferSyntax,
        notes: [],
        rescaled: false,
      };
  const pixels = {
    ...grey,
    elements: [...sizeElements({ rows, columns, frames }), ...grey.elements, element],
  };
  const { bytes, notes } = derivedObject(source, pixels, options);
  // The empty pixel element stands last; its length is the last that is written of it.
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(bytes.length - 4, length, true);
  await sink.write(bytes);
  if (fragments) await sink.write(item(0xe000, 0));
  for (let frame = 0; frame < frames; frame++) {
    throwIfAborted(options.signal, "writing DICOM frames");
    const part = frame === 0 ? first : await frameElement(frame);
    if (part.fragments) {
      const coded = part.fragments.at(-1)!.bytes;
      await sink.write(item(0xe000, coded.length + (coded.length % 2)));
      await sink.write(coded);
      if (coded.length % 2) await sink.write(new Uint8Array(1));
    } else await sink.write(part.value);
    options.onProgress?.({ done: frame + 1, total: frames, label: "writing frames" });
  }
  if (fragments) await sink.write(item(0xe0dd, 0));
  else if (plain % 2) await sink.write(new Uint8Array(1));
  return [...notes];
}

/** Places of values that the source's attributes call padding. */
function paddingIn(
  values: Float32Array,
  { file, layout, stored: { planes, slope, intercept } }: DicomFrames,
  place: number,
): number[] {
  const [m, b] = [planes?.slope[place] ?? slope, planes?.intercept[place] ?? intercept];
  const samples = Float64Array.from(values, (v) => Math.round((v - b) / m));
  const mask = paddingMask(samples, paddingRanges(file.dataSet, layout));
  return mask ? [...mask.keys()].filter((i) => mask[i] === 1) : [];
}

/** Head of an item of encapsulated pixels, or of their end. */
function item(element: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfffe, true);
  view.setUint16(2, element, true);
  view.setUint32(4, length, true);
  return bytes;
}
