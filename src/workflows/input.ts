/** What workflows work on: the images of a path, which know how to be written back. */
import { InputError } from "../core/errors.ts";
import type { Image, IntensityUnit } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { ComponentKind } from "../core/stored.ts";
import { constantPadding, joinedPadding } from "../denoise/constant-padding.ts";
import { zeroBackground } from "../denoise/zero-background.ts";
import type { DecodedImage } from "../formats/format.ts";
import type { GapTreatment } from "../dicom/resample.ts";
import type { SlabWriter } from "../files/files-slab-writer.ts";
import type { SlabSource } from "../files/files-slabs.ts";

/** How a path is read. */
export interface InputOptions {
  /** Name of the format when neither content nor name tells. */
  readonly inputFormat?: string;
  /** Unit of the intensities where the file does not say. */
  readonly unit?: IntensityUnit;
  /** What is done about DICOM slices that are not evenly spaced. Defaults to `split`. */
  readonly gaps?: GapTreatment;
}

/** One image read into memory. */
export interface ReadImage {
  readonly image: Image;
  readonly format: string;
  readonly notes: readonly string[];
  /** One byte per voxel, 1 where it holds no measurement; absent where all do. */
  readonly padding?: Uint8Array;
  /** What the channels are, for images with a `c` axis. */
  readonly components?: ComponentKind;
  /** DICOM's code of the modality, such as CT, where the file says it. */
  readonly modality?: string;
  /**
   * Looks whether `save` could write an image of this kind to the path.
   *
   * @throws InputError when the format is only read, or cannot hold such an image
   */
  checkSave(path: string): Promise<void>;
  /**
   * Writes an image of the same shape in its place: same kind of file where the name says so, geometry
   * and metadata kept. Files appear whole or not at all.
   *
   * @param path the file, or for a series the folder, to write
   */
  save(path: string, image: Image, options: SaveOptions): Promise<SavedImage>;
}

export interface SaveOptions extends WorkOptions {
  /** What was done and with which parameters, for the metadata. */
  readonly method: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

export interface SavedImage {
  readonly paths: readonly string[];
  /** What the output does not keep, one sentence each. */
  readonly lost: readonly string[];
}

/** An image whose values stay in its files. */
export interface SlabInput {
  readonly source: SlabSource;
  /** DICOM's code of what made the image, such as MR, where the files say it. */
  readonly modality?: string | undefined;
  /** The same again, for files that are read forward only. */
  reopen(): Promise<SlabSource>;
  /** Writes planes as they come, as `ReadImage.save` would write all of them. */
  writer(path: string, options: SaveOptions): Promise<SlabWriter>;
}

/** One image to work on; nothing is read before `open`. */
export interface InputImage {
  /** The file's name, or what the series is called. */
  readonly name: string;
  /** A series: many files that are one image. It is saved into a folder, or as a volume into one file. */
  readonly series: boolean;
  open(options: WorkOptions): Promise<ReadImage>;
  /**
   * For working on a few planes at a time.
   *
   * @param voxels how many make it worth while
   * @returns undefined when there are no more, or the files cannot be read so
   */
  openSlabs(voxels: number): Promise<SlabInput | undefined>;
}

export interface Input {
  readonly kind: "file" | "folder";
  readonly images: readonly InputImage[];
  readonly notes: readonly string[];
}

/** Voxels without a measurement: declared, and found by what they hold. */
export function foundPadding(
  image: Image,
  padded: Uint8Array | undefined,
  found: {
    readonly constant: Uint8Array | undefined;
    readonly zeros: Uint8Array | undefined;
  } = { constant: constantPadding(image), zeros: zeroBackground(image) },
): Uint8Array | undefined {
  return joinedPadding(joinedPadding(padded, found.constant), found.zeros);
}

/**
 * Padding for what is measured: that which the file marks, and the constant around a field of view. A background
 * of zeros stays: label maps and many simulated images have one, and published figures count it.
 */
export const unmeasured = ({
  image,
  padded,
}: Pick<DecodedImage, "image" | "padded">): Uint8Array | undefined =>
  joinedPadding(padded, constantPadding(image));

/**
 * The voxels that hold no measurement: those that the file marks, and the constant around a field of view,
 * or of zeros, which is said.
 */
export function paddingOf(
  image: Image,
  padded: Uint8Array | undefined,
): { readonly padding?: Uint8Array; readonly notes: readonly string[] } {
  const constant = constantPadding(image);
  const zeros = zeroBackground(image);
  const padding = foundPadding(image, padded, { constant, zeros });
  const adds = (mask: Uint8Array | undefined) =>
    mask?.some((mark, i) => mark === 1 && padded?.[i] !== 1) === true;
  return {
    ...(padding ? { padding } : {}),
    notes: [
      ...(adds(constant)
        ? ["a constant outside the field of view, which no attribute declares, is left as it is"]
        : []),
      ...(adds(zeros) ? ["a background of zeros is left as it is"] : []),
    ],
  };
}

/** @throws InputError for what no filter makes sense of, such as a segmentation */
export function checkFilterable(path: string, noImage: string | undefined): void {
  if (noImage === undefined) return;
  throw new InputError(
    `Cannot work on ${path}: found ${noImage}, whose values are labels, wanted an image`,
  );
}
