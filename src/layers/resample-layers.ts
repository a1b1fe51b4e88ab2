/** Larger and smaller grids without weights, in two and three dimensions. */
import { InputError } from "../core/errors.ts";
import { concrete, multiplyDim } from "../graph/dimension.ts";
import { type Node, shapeOf, sizesOf } from "../graph/node.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv, convTranspose } from "../graph/ops/conv.ts";
import { resampleLinear } from "../graph/ops/resample-linear.ts";
import { reshape } from "../graph/ops/reshape.ts";
import { transpose } from "../graph/ops/transpose.ts";

/** `[N, C, …]` on a grid `factor` times as fine along every axis, linear between pixels (bi- or trilinear). */
export function upsampleLinear(x: Node, factor: number): Node {
  return resampleLinear(
    x,
    sizesOf(x)
      .slice(2)
      .map((size) => size * factor),
  );
}

/**
 * Pixel shuffle [shi2016pixelshuffle] in any number of dimensions: `[N, C·b^d, …]` → `[N, C, b·…]`, channel
 * c·b^d + (i₁·b + i₂)·… going to the block offset (i₁, i₂, …).
 */
export function pixelShuffle(x: Node, block: number): Node {
  const [count = 1, channels = 1, ...space] = shapeOf(x);
  const each = Number(channels) / block ** space.length;
  if (!Number.isInteger(each)) {
    throw new InputError(
      `Cannot shuffle pixels: found ${channels} channels, wanted a multiple of ${block ** space.length}`,
    );
  }
  const d = space.length;
  const split = reshape(x, [count, each, ...space.map(() => block), ...space]);
  // Offset i of axis k stands at 2 + k, its pixels at 2 + d + k: pairs of pixel and offset, axis by axis.
  const order = [0, 1, ...space.flatMap((_, k) => [2 + d + k, 2 + k])];
  return reshape(transpose(split, order), [
    count,
    each,
    ...space.map((size) => multiplyDim(size, block)),
  ]);
}

/** The inverse of `pixelShuffle`: blocks of pixels moved to channels. */
export function pixelUnshuffle(x: Node, block: number): Node {
  const [count = 1, channels = 1, ...space] = sizesOf(x);
  if (space.some((size) => size % block !== 0)) {
    throw new InputError(
      `Cannot move blocks to channels: found size ${space.join(" x ")}, wanted multiples of ${block}`,
    );
  }
  const d = space.length;
  const small = space.map((size) => size / block);
  const split = reshape(x, [count, channels, ...small.flatMap((size) => [size, block])]);
  const order = [0, 1, ...space.map((_, k) => 3 + 2 * k), ...space.map((_, k) => 2 + 2 * k)];
  return reshape(transpose(split, order), [count, channels * block ** d, ...small]);
}

/** Kernel that takes every pixel of a block apart: `[C·b^d, 1, b, …]`, 1 at the offset that a channel stands for. */
function blockKernel(x: Node, channels: number, block: number): Node {
  const dimensions = shapeOf(x).length - 2;
  const size = block ** dimensions;
  const data = new Float32Array(channels * size * size);
  for (let i = 0; i < channels * size; i++) data[i * size + (i % size)] = 1;
  return constant(data, [channels * size, 1, ...new Array<number>(dimensions).fill(block)]);
}

/** As `pixelUnshuffle`, for sizes that are not known in advance: a convolution that picks one pixel at a time. */
export function blocksToChannels(x: Node, block: number): Node {
  const channels = concrete([shapeOf(x)[1]!], "move blocks to channels")[0]!;
  const kernel = blockKernel(x, channels, block);
  return conv(x, kernel, { stride: block, groups: channels });
}

/** As `pixelShuffle`, for sizes that are not known in advance. */
export function channelsToBlocks(x: Node, block: number): Node {
  const all = concrete([shapeOf(x)[1]!], "move channels to blocks")[0]!;
  const channels = all / block ** (shapeOf(x).length - 2);
  if (!Number.isInteger(channels)) {
    throw new InputError(
      `Cannot move channels to blocks: found ${all} channels, wanted a multiple of ${block ** (shapeOf(x).length - 2)}`,
    );
  }
  return convTranspose(x, blockKernel(x, channels, block), { stride: block, groups: channels });
}
