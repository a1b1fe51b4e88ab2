/** What commands work on: images that know how to be written back. */
import type { Image } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { SlabWriter } from "../files/files-slab-writer.ts";
import type { SlabSource } from "../files/files-slabs.ts";
import type { Stored } from "../core/stored.ts";

/** One image read into memory. */
export interface ReadImage {
  readonly image: Image;
  readonly format: string;
  readonly notes: readonly string[];
  /** Whether a voxel holds no measurement (DICOM padding). */
  readonly isPadding?: (index: number) => boolean;
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
export interface SlabWork {
  readonly source: SlabSource;
  /** The same again, for files that are read forward only. */
  reopen(): Promise<SlabSource>;
  /** Writes planes as they come, as `ReadImage.save` would write all of them. */
  writer(path: string, options: SaveOptions): Promise<SlabWriter>;
}

/** One thing to work on; nothing is read before `open`. */
export interface WorkItem {
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
  openSlabs(voxels: number): Promise<SlabWork | undefined>;
}

export interface Work {
  readonly kind: "file" | "folder";
  readonly items: readonly WorkItem[];
  readonly notes: readonly string[];
}

/** The voxels that a file marks as holding no measurement. */
export function paddingOf(stored: Stored): Pick<ReadImage, "isPadding"> {
  const { padding, data } = stored;
  return padding === undefined ? {} : { isPadding: (index) => Number(data[index]) === padding };
}
