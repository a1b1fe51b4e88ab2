/** Blocks of pixels moved to channels and back, exactly invertible (pixel unshuffle and shuffle) [shi2016pixelshuffle]. */
import { InputError } from "../../core/errors.ts";
import { type Node, sizesOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { reshape } from "./reshape.ts";
import { transpose } from "./transpose.ts";

/** `[N, C, H, W]` → `[N, C·b², H/b, W/b]`; channel c and block offset (i, j) become channel c·b² + i·b + j. */
export function spaceToDepth(x: Node, block: number): Node {
  const [n, c, h, w] = sizesOf(x) as [number, number, number, number];
  if (h % block !== 0 || w % block !== 0) {
    throw new InputError(
      `Cannot move space to depth: found size ${h} x ${w}, wanted multiples of ${block}`,
    );
  }
  const split = reshape(x, [n, c, h / block, block, w / block, block]);
  return reshape(transpose(split, [0, 1, 3, 5, 2, 4]), [
    n,
    c * block * block,
    h / block,
    w / block,
  ]);
}

/** Inverse of `spaceToDepth`. */
export function depthToSpace(x: Node, block: number): Node {
  const [n, c, h, w] = sizesOf(x) as [number, number, number, number];
  const channels = c / (block * block);
  if (!Number.isInteger(channels)) {
    throw new InputError(
      `Cannot move depth to space: found ${c} channels, wanted a multiple of ${block * block}`,
    );
  }
  const split = reshape(x, [n, channels, block, block, h, w]);
  return reshape(transpose(split, [0, 1, 4, 2, 5, 3]), [n, channels, h * block, w * block]);
}

export const suite: Suite = {
  sample(stream) {
    const block = 1 + stream.integer(3);
    const [h, w] = [1 + stream.integer(3), 1 + stream.integer(3)];
    return stream.uniform() < 0.5
      ? {
          inputs: [{ shape: [2, 2, h * block, w * block] }],
          build: ([x]) => spaceToDepth(x!, block),
        }
      : {
          inputs: [{ shape: [2, 2 * block * block, h, w] }],
          build: ([x]) => depthToSpace(x!, block),
        };
  },
  differentiable: "twice",
};
