/** What a file or series is that opens a few planes at a time. */
import type { Image } from "../core/image.ts";
import type { Stored, StoredType } from "../core/stored.ts";
import type { DicomFrames } from "../dicom/stream.ts";
import type { Facts } from "../formats/format.ts";

/** An image whose values are still in the file. */
export interface SlabSource {
  readonly path: string;
  readonly format: "nifti" | "npy" | "dicom";
  /** Everything of the image but its values. */
  readonly image: Omit<Image, "data">;
  readonly type: StoredType;
  readonly slope: number;
  readonly intercept: number;
  /** Planes of all blocks together. */
  readonly planes: number;
  /** The frames of a DICOM object, for objects derived from it. */
  readonly frames?: DicomFrames;
  /** What the file says beyond values, geometry, time step and unit. */
  readonly facts: Facts;
  /** The format's own parsed form, kept for a faithful re-write by the same format. */
  readonly source?: unknown;
  /** What a reader should know, one sentence each. */
  readonly findings: readonly string[];
  /**
   * The values of `count` planes from plane `from`, as a `zyx` image placed where they lie. Packed
   * files are read forward only: `from` must not fall.
   */
  read(from: number, count: number): Promise<Slab>;
  close(): Promise<void>;
}

/** Some planes of an image. */
export interface Slab extends Image {
  /** The elements of the file; absent where the planes have no common type. */
  readonly stored?: Stored;
  /** 1 for each voxel that holds no measurement; absent where all do. */
  readonly padded?: Uint8Array;
}
