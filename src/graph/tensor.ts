/** Dense float64 arrays for the interpreter: truth values are 0 and 1, whole numbers exact. */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { broadcastShapes, concrete } from "./dimension.ts";

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function tensor(shape: readonly number[], data: ArrayLike<number>): Tensor {
  if (sizeOf(shape) !== data.length) {
    throw new InputError(
      `Cannot make a tensor: found ${data.length} values, wanted ${sizeOf(shape)} for shape [${shape.join(", ")}]`,
    );
  }
  return { shape, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Fills a tensor by calling `value` with the multi-index (a reused array) of every element in order. */
export function fillByIndex(
  shape: readonly number[],
  value: (index: readonly number[]) => number,
): Tensor {
  const data = new Float64Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    data[i] = value(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** Applies a function to elements matched by broadcasting. */
export function mapBroadcast(
  inputs: readonly Tensor[],
  value: (...values: number[]) => number,
): Tensor {
  const shape = concrete(
    broadcastShapes(
      inputs.map((t) => t.shape),
      "broadcast tensors",
    ),
    "broadcast tensors",
  );
  const strides = inputs.map((t) => {
    const own = stridesOf(t.shape);
    const shift = shape.length - t.shape.length;
    return shape.map((_, axis) =>
      axis < shift || t.shape[axis - shift] === 1 ? 0 : own[axis - shift]!,
    );
  });
  const values = new Array<number>(inputs.length);
  return fillByIndex(shape, (index) => {
    for (let k = 0; k < inputs.length; k++) {
      const stride = strides[k]!;
      let offset = 0;
      for (let axis = 0; axis < index.length; axis++) offset += index[axis]! * stride[axis]!;
      values[k] = inputs[k]!.data[offset]!;
    }
    return value(...values);
  });
}
