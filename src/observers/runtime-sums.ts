/**
 * Sums of outer products by the runtime's matrix product in float32, added up in float64: for covariances
 * of thousands of values from hundreds of thousands of images.
 *
 * The columns are cut into blocks and only blocks on and above the diagonal are multiplied, which halves
 * the work as BLAS's symmetric update does. A batch's sums round to float32 (2⁻²⁴ relative to the largest
 * term of a row), batches are added in float64.
 */
import { InputError } from "../core/errors.ts";
import type { Node } from "../graph/node.ts";
import { input } from "../graph/ops/input.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { floats } from "../runtime/backend.ts";
import { compile } from "../runtime/program.ts";
import type { OuterSum } from "./moments.ts";

export interface RuntimeSums extends OuterSum {
  add(rows: Float32Array): Promise<void>;
  dispose(): Promise<void>;
}

/** Transposed copy, sixteen rows at a time so that each write fills a cache line. */
function transposeInto(
  out: Float32Array,
  from: Float32Array,
  { rows, columns }: { rows: number; columns: number },
): void {
  for (let top = 0; top < rows; top += 16) {
    const end = Math.min(rows, top + 16);
    for (let c = 0; c < columns; c++) {
      for (let r = top; r < end; r++) out[c * rows + r] = from[r * columns + c]!;
    }
  }
}

/**
 * Opens sums of x xᵀ over rows of `size` values.
 *
 * @param options.batch rows multiplied at a time; longer inputs are cut, the last piece padded with zeros
 * @param options.block columns of a block, a divisor of `size`
 */
export async function runtimeSums(
  size: number,
  options: { batch?: number; block?: number; threads?: number } = {},
): Promise<RuntimeSums> {
  const { batch = 1024, threads = 0 } = options;
  const block = options.block ?? (size % 512 === 0 ? 512 : size);
  if (size % block !== 0) {
    throw new InputError(
      `Cannot sum in blocks: found ${size} columns and blocks of ${block}, wanted a divisor`,
    );
  }
  const blocks = size / block;
  // The left factors come transposed: the runtime's product of a transposed matrix is a fifth slower.
  const left = Array.from({ length: blocks }, (_, i) => input(`t${i}`, [block, batch]));
  const right = Array.from({ length: blocks }, (_, i) => input(`x${i}`, [batch, block]));
  const outputs: Record<string, Node> = {};
  for (let i = 0; i < blocks; i++) {
    for (let j = i; j < blocks; j++) outputs[`${i} ${j}`] = matmul(left[i]!, right[j]!);
  }
  const program = await compile({ outputs }, { threads });
  const sum = new Float64Array(size * size);
  const columns = right.map(() => new Float32Array(batch * block));
  const turned = left.map(() => new Float32Array(batch * block));
  const addBatch = async (rows: Float32Array): Promise<void> => {
    const n = rows.length / size;
    columns.forEach((own, i) => {
      for (let r = 0; r < n; r++) {
        const from = r * size + i * block;
        own.set(rows.subarray(from, from + block), r * block);
      }
      own.fill(0, n * block);
      transposeInto(turned[i]!, own, { rows: batch, columns: block });
    });
    const found = await program.run({
      ...Object.fromEntries(columns.map((own, i) => [`x${i}`, floats(own, [batch, block])])),
      ...Object.fromEntries(turned.map((own, i) => [`t${i}`, floats(own, [block, batch])])),
    });
    for (let i = 0; i < blocks; i++) {
      for (let j = i; j < blocks; j++) {
        const values = found[`${i} ${j}`]!.data as Float32Array;
        for (let a = 0; a < block; a++) {
          const to = (i * block + a) * size + j * block;
          const from = a * block;
          for (let b = 0; b < block; b++) sum[to + b]! += values[from + b]!;
        }
      }
    }
  };
  return {
    add: async (rows) => {
      if (rows.length % size !== 0) {
        throw new InputError(
          `Cannot sum outer products: found ${rows.length} values, wanted a multiple of ${size}`,
        );
      }
      for (let start = 0; start < rows.length; start += batch * size) {
        await addBatch(rows.subarray(start, Math.min(rows.length, start + batch * size)));
      }
    },
    matrix: () => {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < i; j++) sum[i * size + j] = sum[j * size + i]!;
      }
      return sum;
    },
    dispose: () => program.dispose(),
  };
}
