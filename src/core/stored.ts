/** Samples as a file holds them: element types, arrays, scaling. */
/** Element types that are kept without loss between formats. */
export type StoredType =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float32"
  | "float64";

export type StoredArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** What the components of one voxel are. */
export type ComponentKind = "scalar" | "complex" | "rgb" | "rgba" | "grey-alpha" | "vector";

export const componentKinds: readonly ComponentKind[] = [
  "scalar",
  "complex",
  "rgb",
  "rgba",
  "grey-alpha",
  "vector",
];

/**
 * Elements as the file holds them, so that nothing is lost on the way to float32. The value of an
 * element in the image's unit is `slope · element + intercept`.
 */
export interface Stored {
  readonly data: StoredArray;
  readonly type: StoredType;
  /**
   * Sizes without components, slowest axis first: the image's shape without its `c` axis when that
   * axis holds this voxel's components, and the image's shape otherwise.
   */
  readonly shape: readonly number[];
  /** Elements of one voxel, interleaved in `data`: 1 scalar, 2 complex (re, im) or grey and alpha, 3 RGB, 4 RGBA. */
  readonly components: number;
  readonly kind: ComponentKind;
  readonly slope: number;
  readonly intercept: number;
  /** Scaling of each plane (or frame) where it differs; `slope` and `intercept` are then of the first. */
  readonly planes?: { readonly slope: Float64Array; readonly intercept: Float64Array };
  /** Significant bits of an element where fewer than its type has (DICOM's Bits Stored). */
  readonly bits?: number;
  /** Stored value that marks "no measurement here", such as DICOM's Pixel Padding Value; may be NaN. */
  readonly padding?: number;
  /** Other end of a range of such values, both ends included. */
  readonly paddingLimit?: number;
}
