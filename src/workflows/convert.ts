/** From one format to another, saying what is lost on the way. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { InputError } from "../core/errors.ts";
import { sizeOf, withData } from "../core/image.ts";
import { giveTurn } from "../core/turns.ts";
import { openSlabs, type SlabSource } from "../files/files-slabs.ts";
import {
  type OpenOptions,
  type OpenedPath,
  decodeWritten,
  encodeImage,
  formatByName,
  formatOfName,
  notWritten,
  openWhole,
  saveWritten,
  skippedText,
} from "../files/files.ts";
import type { Stored, StoredType } from "../core/stored.ts";
import { differencesBetween } from "../formats/differences.ts";
import type { DecodedImage, Format, RawShape } from "../formats/format.ts";
import { convertSlabs, slabFormatOf, tooLargeToConvert } from "./convert-slabs.ts";
import type { InputOptions } from "./input.ts";
import { saysTooLarge } from "./large-files.ts";
import { checkPlaces, type OutputOptions, withParents } from "./output.ts";
import { wholeVoxels } from "./plan-slabs.ts";

export interface ConvertOptions
  extends Omit<OpenOptions, "format">,
    Omit<InputOptions, "unit">,
    OutputOptions {
  /** Element type to write; by default the stored one where the target holds it. */
  readonly type?: StoredType;
  readonly compress?: boolean;
  /**
   * MiB that an image's values may take, 16 bytes a voxel; a larger NIfTI or NPY file goes to NIfTI and NPY a
   * few planes at a time, to the same values. Defaults to 1024.
   */
  readonly memory?: number | undefined;
  /** Which image of several: its number from 1, or its name. */
  readonly image?: string;
  readonly outputFormat?: string;
  /** Intensities that become the smallest and the largest value of an 8 or 16-bit picture. */
  readonly window?: { readonly low: number; readonly high: number };
}

export interface Converted {
  readonly input: string;
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
  readonly axes: string;
  readonly shape: readonly number[];
  readonly stored: string;
  /** What the target does not hold, one sentence each; empty when nothing is lost. */
  readonly lost: readonly string[];
  readonly notes: readonly string[];
}

/** Reading, encoding, reading back, comparing, writing. */
const steps = 5;

/**
 * @throws InputError when the target is the input, does not hold the content, or one of several images
 *   has to be chosen
 */
export async function convert(
  input: string,
  output: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  const {
    type,
    compress,
    image: which,
    outputFormat,
    window,
    force,
    inputFormat,
    memory = defaultMemory,
    ...rest
  } = options;
  const open: OpenOptions = {
    ...rest,
    ...(inputFormat === undefined ? {} : { format: inputFormat }),
  };
  await checkPlaces([{ path: output, option: "output" }], { inputs: [input], force });
  const target =
    outputFormat === undefined ? await formatOfName(output) : await formatByName(outputFormat);
  if (target?.write === undefined) throw await notWritten(output, target);
  const { signal } = open;
  const plain =
    which === undefined &&
    window === undefined &&
    open.raw === undefined &&
    open.format === undefined;
  const byParts =
    plain && slabFormatOf(target) !== undefined && !/\.(hdr|img)(\.gz)?$/i.test(output);
  // Such files must not be read before they are known to be too large to be held.
  const large = byParts ? await largeSlabs(input, open, memory) : undefined;
  if (large !== undefined)
    return convertLarge(input, output, { ...options, target, source: large });
  const opened = await openWhole(input, open).catch(async (error: unknown) => {
    if (!plain || !saysTooLarge(error)) throw error;
    // What cannot be read in parts either was rightly refused as a whole.
    const source = await openSlabs(input, { unit: open.unit }).catch(() => {
      throw error;
    });
    if (byParts) return source;
    await source.close();
    throw tooLargeToConvert(input, { source, target });
  });
  if ("planes" in opened) {
    return convertLarge(input, output, { ...options, target, source: opened });
  }
  const one = chosen(opened, which);
  // Each of these steps may take seconds; small images are done before a line is read.
  const report = one.image.data.length < 2 ** 24 ? undefined : open.onProgress;
  const step = async (done: number, label: string): Promise<void> => {
    report?.({ done, total: steps, label });
    await giveTurn(signal, label);
  };
  const shown = window === undefined ? one : displayed(one, window, type ?? "uint8");
  await step(1, "encoding");
  const written = await encodeImage(shown.image, basename(output), {
    stored: shown.stored,
    format: target.name,
    source: opened.source,
    // A writer of the same format takes it from the source.
    ...((opened.format === target.name && opened.source !== undefined) ||
    one.facts.description === undefined
      ? {}
      : { description: one.facts.description }),
    ...(type === undefined ? {} : { type }),
    ...(compress === undefined ? {} : { compress }),
    ...(signal === undefined ? {} : { signal }),
  });
  await step(2, "reading back");
  const back = await decodeWritten(written, signal === undefined ? {} : { signal });
  await step(3, "comparing");
  const differences = await differencesBetween(
    shown,
    back.images[0]!,
    signal === undefined ? {} : { signal },
  );
  await step(4, "writing");
  const paths = await withParents(output, () => saveWritten(output, written, { signal }));
  report?.({ done: steps, total: steps, label: "writing" });
  return {
    input,
    from: opened.format,
    to: written.format,
    paths,
    axes: one.image.axes,
    shape: one.image.shape,
    stored: back.images[0]!.stored.type,
    lost: [
      ...(window === undefined
        ? []
        : [`values outside ${window.low} to ${window.high} and steps finer than the picture's`]),
      ...(written.readAs?.raw === undefined ? [] : [statementOf(written.readAs.raw)]),
      ...differences,
    ],
    notes: [...opened.refused.map(skippedText), ...opened.notes, ...one.notes],
  };
}

/** What a file without a header leaves to be said when it is read. */
function statementOf({ shape, axes, type }: RawShape): string {
  return `sizes ${shape.join("x")}, axes ${axes ?? "unnamed"} and type ${type} (little-endian): state them when reading`;
}

const defaultMemory = 1024;

/** A file or series that is to be converted in parts; undefined where it is held as a whole. */
async function largeSlabs(
  input: string,
  { unit }: OpenOptions,
  memory: number,
): Promise<SlabSource | undefined> {
  const small = await stat(input).then(
    (found) => found.isFile() && found.size < 2 ** 10,
    () => true,
  );
  if (small) return undefined;
  const source = await openSlabs(input, { unit }).catch(() => undefined);
  if (source === undefined) return undefined;
  // Of DICOM, parts and gaps are only seen as a whole.
  const most = source.format === "dicom" ? 2 ** 28 : wholeVoxels(memory);
  if (sizeOf(source.image.shape) > most) return source;
  await source.close();
  return undefined;
}

async function convertLarge(
  input: string,
  output: string,
  options: ConvertOptions & { target: Format; source: SlabSource },
): Promise<Converted> {
  const { source, target, type, compress, unit, signal, onProgress } = options;
  const { format, image, findings } = source;
  const { type: stored, lost } = await withParents(output, () =>
    convertSlabs(output, source, {
      target,
      type,
      compress,
      reopen: () => openSlabs(input, { unit }),
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    }),
  );
  return {
    input,
    from: format,
    to: target.name,
    paths: [output],
    axes: image.axes,
    shape: image.shape,
    stored,
    lost,
    notes: [...findings, "converted a few planes at a time"],
  };
}

function chosen(opened: OpenedPath, which: string | undefined): DecodedImage {
  const { images } = opened;
  const names = images.map((i, n) => `${n + 1}${i.name === "" ? "" : ` (${i.name})`}`).join(", ");
  if (which === undefined) {
    if (images.length === 1) return images[0]!;
    throw new InputError(
      `Cannot convert ${opened.path} into one file: found ${images.length} images, wanted option image to name one of them: ${names}`,
    );
  }
  const found = images.find((i) => i.name === which) ?? images[Number(which) - 1];
  if (found === undefined)
    throw new InputError(`Cannot convert image ${which}: wanted one of ${names}`);
  return found;
}

/** The image as a picture: the window's range over the whole range of an unsigned type. */
function displayed(
  one: DecodedImage,
  window: { readonly low: number; readonly high: number },
  type: StoredType,
): DecodedImage {
  if (type !== "uint8" && type !== "uint16") {
    throw new InputError(`Cannot apply a window to ${type} elements: wanted uint8 or uint16`);
  }
  const top = type === "uint8" ? 255 : 65535;
  const { image } = one;
  const scale = top / (window.high - window.low);
  const data = image.data.map((v) => {
    const grey = Math.round((v - window.low) * scale);
    return grey > top ? top : grey > 0 ? grey : 0;
  });
  const stored: Stored = {
    data: type === "uint8" ? Uint8Array.from(data) : Uint16Array.from(data),
    type,
    shape: image.shape,
    components: 1,
    kind: image.axes.includes("c") ? "vector" : "scalar",
    slope: 1,
    intercept: 0,
  };
  return { ...one, image: withData(image, data, { unit: "arbitrary" }), stored };
}
