/** From one format to another, saying what is lost on the way. */
import { basename } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import { withData } from "../core/image.ts";
import { openSlabs, processSlabs } from "../files/files-slabs.ts";
import {
  type OpenOptions,
  type OpenedPath,
  decodeWritten,
  encodeImage,
  formatByName,
  formatOfName,
  notWritten,
  openPath,
  saveWritten,
} from "../files/files.ts";
import type { Stored, StoredType } from "../core/stored.ts";
import { differencesBetween } from "../formats/differences.ts";
import type { DecodedImage, RawShape } from "../formats/format.ts";
import type { InputOptions } from "./input.ts";
import { isTooLarge, saysTooLarge } from "./large-files.ts";
import { checkPlaces, type OutputOptions, withParents } from "./output.ts";

export interface ConvertOptions
  extends Omit<OpenOptions, "format">,
    Omit<InputOptions, "unit">,
    OutputOptions {
  /** Element type to write; by default the stored one where the target holds it. */
  readonly type?: StoredType;
  readonly compress?: boolean;
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
  // Such files must not be read before they are known to be too large to be held.
  const large =
    target.name === "nifti" && open.raw === undefined && open.format === undefined
      ? await isTooLarge(input)
      : false;
  let tooMuch: unknown;
  const opened = large
    ? undefined
    : await openPath(input, open).catch((error: unknown) => {
        if (!saysTooLarge(error) || target.name !== "nifti") throw error;
        tooMuch = error;
        return undefined;
      });
  if (opened === undefined) return convertLarge(input, output, { ...open, type, tooMuch });
  const one = chosen(opened, which);
  const shown = window === undefined ? one : displayed(one, window, type ?? "uint8");
  const { signal } = open;
  const stop = (): void => throwIfAborted(signal, `converting ${input}`);
  stop();
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
  stop();
  const back = await decodeWritten(written, signal === undefined ? {} : { signal });
  stop();
  return {
    input,
    from: opened.format,
    to: written.format,
    paths: await withParents(output, () => saveWritten(output, written)),
    axes: one.image.axes,
    shape: one.image.shape,
    stored: back.images[0]!.stored.type,
    lost: [
      ...(window === undefined
        ? []
        : [`values outside ${window.low} to ${window.high} and steps finer than the picture's`]),
      ...(written.readAs?.raw === undefined ? [] : [statementOf(written.readAs.raw)]),
      ...differencesBetween(shown, back.images[0]!),
    ],
    notes: [...opened.notes, ...one.notes],
  };
}

/** What a file without a header leaves to be said when it is read. */
function statementOf({ shape, axes, type }: RawShape): string {
  return `sizes ${shape.join("x")}, axes ${axes ?? "unnamed"} and type ${type} (little-endian): state them when reading`;
}

/** A file of more voxels than are held at once, to NIfTI. */
async function convertLarge(
  input: string,
  output: string,
  options: Pick<ConvertOptions, "type"> & OpenOptions & { tooMuch: unknown },
): Promise<Converted> {
  const { type, unit, signal, onProgress, tooMuch } = options;
  // What cannot be read in parts either was rightly refused as a whole.
  const slabs = await openSlabs(input, { unit }).catch((error: unknown) => {
    throw tooMuch ?? error;
  });
  const { type: from, slope, intercept, image, format } = slabs;
  await slabs.close();
  const whole = slope === 1 && intercept === 0;
  // Values pass through float32, which holds 8 and 16-bit elements, scaled or not, and no wider integers.
  const written = type ?? (whole && /^u?int(8|16)$/.test(from) ? from : "float32");
  await withParents(output, () =>
    processSlabs(input, output, {
      work: (slab) => Promise.resolve(slab),
      type: written,
      unit,
      signal,
      onProgress,
    }),
  );
  return {
    input,
    from: format,
    to: "nifti",
    paths: [output],
    axes: image.axes,
    shape: image.shape,
    stored: written,
    lost: [
      ...(whole ? [] : ["slope and intercept, which are worked into the values"]),
      ...(written === from || written === "float32"
        ? []
        : [`elements that ${written} cannot hold`]),
      ...(/32|64/.test(from) && from !== "float32" ? ["digits beyond single precision"] : []),
      ...(format === "dicom"
        ? ["the DICOM header: patient, study, equipment and acquisition"]
        : []),
    ],
    notes: ["converted slab by slab"],
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
