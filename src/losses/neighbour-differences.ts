/** Forward differences of images along their spatial axes. */
import { InputError } from "../core/errors.ts";
import { type Node, sizesOf } from "../graph/node.ts";
import { sliceAxis } from "../graph/ops/slice.ts";
import { subtract } from "../graph/ops/subtract.ts";

/**
 * x[i + 1] − x[i] along every spatial axis of `[N, C, …]`, each one shorter along its axis.
 *
 * @throws InputError when an image has a single voxel along an axis
 */
export function neighbourDifferences(loss: string, x: Node): Node[] {
  const sizes = sizesOf(x);
  if (sizes.length < 3 || sizes.slice(2).some((n) => n < 2)) {
    throw new InputError(
      `Cannot build the loss ${loss}: found images of shape [${sizes.join(", ")}], wanted [N, C, …] with two voxels or more along every spatial axis`,
    );
  }
  return sizes.flatMap((n, axis) =>
    axis < 2
      ? []
      : [
          subtract(
            sliceAxis(x, axis, { start: 1, count: n - 1 }),
            sliceAxis(x, axis, { start: 0, count: n - 1 }),
          ),
        ],
  );
}
