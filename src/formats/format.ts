/**
 * What every file format is: a file of this folder exporting one such object. Formats work on bytes
 * and know nothing of disks; `files.ts` opens paths.
 */
import type { Axes, Image, IntensityUnit } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { GapTreatment } from "../dicom/resample.ts";
import type { ComponentKind, Stored, StoredType } from "../core/stored.ts";

/** One image of a file or folder. */
export interface DecodedImage {
  /** Name within the file: series description, page, array name; empty for a file with one image. */
  readonly name: string;
  readonly image: Image;
  readonly stored: Stored;
  /** 1 for each value that the file says is no measurement; absent where it says so of none. */
  readonly padded?: Uint8Array;
  /** What the values are where no filter makes sense of them, such as "a segmentation". */
  readonly noImage?: string;
  /** What a reader should know about this image, one plain sentence each. */
  readonly notes: readonly string[];
  readonly facts: Facts;
}

/**
 * What a file says beyond values, geometry, time step and unit: each fact by a name for the reader. A
 * conversion keeps a fact, or names it as lost.
 */
export type Facts = Readonly<Record<string, string>>;

/** What came out of a file. */
export interface Decoded {
  /** Name of the format that read it. */
  readonly format: string;
  /** At least one. */
  readonly images: readonly DecodedImage[];
  readonly notes: readonly string[];
  /** Header fields worth showing, by the format's own names. */
  readonly header: Readonly<Record<string, unknown>>;
  /** The format's own parsed form, kept for a faithful re-write by the same format. */
  readonly source?: unknown;
}

export interface ReadOptions extends WorkOptions {
  /** Name (not path) of the file; formats with companions and raw files need it. */
  readonly fileName?: string;
  /** Bytes of a file beside this one, or undefined when it is absent. */
  readonly companion?: (name: string) => Promise<Uint8Array | undefined>;
  /** Unit of the intensities when the file does not say; defaults to `arbitrary`. */
  readonly unit?: IntensityUnit;
  /** Refuses images of more elements with `too-large`. Defaults to 2^28, one GiB of float32. */
  readonly maxElements?: number;
  /** What is done about slices that are not evenly spaced. Defaults to `split`. */
  readonly gaps?: GapTreatment;
  /** What a headerless file holds. */
  readonly raw?: RawShape;
}

/** Content of a headerless file. */
export interface RawShape {
  /** Sizes, slowest axis first. */
  readonly shape: readonly number[];
  readonly type: StoredType;
  readonly axes?: Axes;
  readonly littleEndian?: boolean;
  /** Bytes before the first element. */
  readonly offset?: number;
  readonly slope?: number;
  readonly intercept?: number;
  /** mm, along z, y, x. */
  readonly spacing?: readonly [number, number, number];
}

export interface WriteOptions extends WorkOptions {
  /** Name of the file to write; decides between `.nii` and `.nii.gz`, `.mha` and `.mhd`. */
  readonly fileName: string;
  /**
   * Elements to write in place of the float32 values, as read from another file: the lossless way
   * between formats. Must describe `image`.
   */
  readonly stored?: Stored;
  /**
   * Element type. Without it `stored` is written as it is, and an image without `stored` as float32
   * where the format has it. Integers are rounded to the nearest; values outside throw.
   */
  readonly type?: StoredType;
  readonly compress?: boolean;
  /**
   * What the entries of the `c` axis are. Defaults to the kind of `stored`, else `vector`: what nobody
   * calls colours is never written as such.
   */
  readonly kind?: ComponentKind;
  /**
   * `Decoded.source` of the file that the image came from: a writer of the same format keeps of it what
   * the image did not change.
   */
  readonly source?: unknown;
  /** Lines of text for the format's comment field, such as the command that made the file. */
  readonly description?: string;
}

export interface WrittenFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Written {
  /** The file asked for, then its companions. */
  readonly files: readonly WrittenFile[];
  /** What the source had and this file does not, one plain sentence each. */
  readonly lost: readonly string[];
  /** What a reader has to be told because the file does not say it. */
  readonly readAs?: Pick<ReadOptions, "raw">;
}

/** What a format can hold; conversions are judged by it. */
export interface Holding {
  readonly types: readonly StoredType[];
  readonly axes: readonly Axes[];
  readonly kinds: readonly ComponentKind[];
  /** `full`: spacing, origin and direction. */
  readonly geometry: "full" | "spacing" | "none";
  /** Whether the time from one frame to the next is kept. */
  readonly timeStep: boolean;
  /** Whether slope and intercept are kept, or values have to be written out. */
  readonly scaling: boolean;
  readonly unit: boolean;
}

export interface Format {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  /** The format's name as the field writes it. */
  readonly title: string;
  readonly summary: string;
  /** With the dot, lower case; the first is the one for writing. Longer ones win (`.nii.gz`). */
  readonly extensions: readonly string[];
  readonly holds: Holding;
  /**
   * Whether these bytes are this format. Never throws. At most one format says yes to any bytes.
   *
   * @param bytes the file, or at least its first 64 KiB
   */
  sniff(bytes: Uint8Array, fileName?: string): boolean;
  /** @throws FormatError with kind, byte offset and reason; InputError on misuse; CancelledError */
  read(bytes: Uint8Array, options?: ReadOptions): Promise<Decoded>;
  /** Absent when the format is only read. @throws InputError when the format cannot hold the image */
  write?(image: Image, options: WriteOptions): Promise<Written>;
}
