/**
 * Sums of outer products by the runtime's matrix product in float32, added up in float64: for covariances
 * of thousands of values from hundreds of thousands of images.
 *
 * The columns are cut into blocks and only blocks on and above the diagonal are multiplied, which halves
 * the work as BLAS's symmetric update does. A batch's sums round to float32 (2⁻²⁴ relative to the largest
 * term of a row), batches are added in float64. A WebAssembly kernel takes the shift off, lays the
 * blocks out, where the runtime reads them, and adds the products.
 */
import { InputError } from "../core/errors.ts";
import type { Node } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { blockSums, centredBlocks } from "../kernels/centred-blocks.ts";
import { floats } from "../runtime/backend.ts";
import { compile } from "../runtime/program.ts";
import { type Centre, type OuterSum, requireFinite } from "./outer-sum.ts";

export interface RuntimeSums extends OuterSum {
  add(rows: Float32Array, centre?: Centre): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Opens sums of x xᵀ over rows of `size` values.
 *
 * @param options.batch rows multiplied at a time, rounded up to a multiple of sixteen; longer inputs are cut, the last piece padded with zeros
 * @param options.block columns of a block, rounded up to a multiple of four
 */
export async function runtimeSums(
  size: number,
  options: { batch?: number; block?: number; threads?: number } = {},
): Promise<RuntimeSums> {
  const { threads = 0 } = options;
  if (!Number.isInteger(size) || size < 1) {
    throw new InputError(`Cannot sum outer products: found ${size} columns, wanted 1 or more`);
  }
  const laid = centredBlocks(size, {
    batch: options.batch ?? 2048,
    block: Math.min(size, options.block ?? 512),
  });
  const { batch, block } = laid;
  // The left factors come transposed: the runtime's product of a transposed matrix is a fifth slower.
  const left = laid.left.map((_, i) => input(`t${i}`, [block, batch]));
  const right = laid.right.map((_, i) => input(`x${i}`, [batch, block]));
  const outputs: Record<string, Node> = {};
  for (let i = 0; i < left.length; i++) {
    for (let j = i; j < right.length; j++) outputs[`${i} ${j}`] = matmul(left[i]!, right[j]!);
  }
  const program = await compile({ outputs }, { threads });
  const inputs = Object.fromEntries([
    ...laid.left.map((values, i) => [`t${i}`, floats(values, [block, batch])] as const),
    ...laid.right.map((values, i) => [`x${i}`, floats(values, [batch, block])] as const),
  ]);
  const sum = blockSums(size, { block });
  const zero = new Float32Array(size);
  return {
    add: async (rows, { shift = zero, total } = {}) => {
      if (rows.length % size !== 0) {
        throw new InputError(
          `Cannot sum outer products: found ${rows.length} values, wanted a multiple of ${size}`,
        );
      }
      for (let start = 0; start < rows.length; start += batch * size) {
        const sums = laid.fill(rows.subarray(start, start + batch * size), shift);
        requireFinite(sums);
        if (total) for (let j = 0; j < size; j++) total[j]! += sums[j]!;
        const found = await program.run(inputs);
        for (let i = 0; i < left.length; i++) {
          for (let j = i; j < right.length; j++) {
            sum.add(found[`${i} ${j}`]!.data as Float32Array, { i, j });
          }
        }
      }
    },
    matrix: () => sum.matrix(),
    dispose: () => program.dispose(),
  };
}
