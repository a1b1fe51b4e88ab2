/**
 * Body of DRUNet [zhang2021drunet]: on every level residual blocks conv-ReLU-conv without bias, a 2×2 convolution of
 * stride 2 down, a 2×2 transposed one up, levels joined by addition.
 */
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { relu } from "../graph/ops/relu.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import { heNormal, type Scope } from "../layers/scope.ts";

export const drunetConv = { kernel: 3, padding: "same" as const, bias: false };

const step = { kernel: 2, stride: 2, bias: false, initialise: heNormal(1) };

function residualBlocks(scope: Scope, x: Node, blocks: number): Node {
  const channels = shapeOf(x)[1] as number;
  for (let i = 0; i < blocks; i++) {
    const block = scope.child(i);
    const inner = relu(convLayer(block.child(0), x, { ...drunetConv, channels }));
    // A small second convolution keeps the sum of a deep chain of blocks from growing at the start.
    const outer = convLayer(block.child(1), inner, {
      ...drunetConv,
      channels,
      initialise: heNormal(0.5),
    });
    x = add(x, outer);
  }
  return x;
}

export interface PyramidOptions {
  /** Levels below that of the given features; channels double at each. */
  readonly levels: number;
  /** Residual blocks of each level on each side. */
  readonly blocks: number;
}

/** Features of the same shape, from features `[N, C, H, W]` whose sizes are multiples of 2^levels. */
export function residualPyramid(
  scope: Scope,
  head: Node,
  { levels, blocks }: PyramidOptions,
): Node {
  const width = shapeOf(head)[1] as number;
  const skips: Node[] = [head];
  let x = head;
  for (let level = 0; level < levels; level++) {
    const down = scope.child(`down${level + 1}`);
    x = residualBlocks(down, x, blocks);
    x = convLayer(down.child("halve"), x, { ...step, channels: width * 2 ** (level + 1) });
    skips.push(x);
  }
  x = residualBlocks(scope.child("body"), x, blocks);
  for (let level = levels - 1; level >= 0; level--) {
    const up = scope.child(`up${level + 1}`);
    const channels = width * 2 ** level;
    x = convTransposeLayer(up.child("double"), add(x, skips[level + 1]!), { ...step, channels });
    x = residualBlocks(up, x, blocks);
  }
  return add(x, head);
}

/**
 * Pixels of the given features on each side that reach a pixel of the result: 2·blocks on both sides of a level, once
 * at the bottom, and the other pixel of a pair in halving and doubling.
 */
export function pyramidReach({ levels, blocks }: PyramidOptions): number {
  const below = 2 ** levels;
  const perLevel = 2 * blocks;
  return perLevel * (2 * (below - 1) + below) + 2 * (below - 1);
}
