/** What the convolution and its two adjoints are told besides their inputs. */
import type { Dim } from "./dimension.ts";

/** Numbers along each spatial axis. */
export interface ConvGeometry extends Record<string, unknown> {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and after each axis. */
  readonly margins: readonly (readonly [number, number])[];
  readonly groups: number;
}

export interface ConvInputAttributes extends ConvGeometry {
  /** Spatial sizes of the result. */
  readonly size: readonly Dim[];
}

export interface ConvKernelAttributes extends ConvGeometry {
  /** Spatial sizes of the kernel. */
  readonly kernel: readonly number[];
}
