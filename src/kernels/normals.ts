import { normalsSource } from "./generated/normals.ts";
import { type Kernel, openKernel } from "./load.ts";

interface Exports {
  readonly fill: (
    out: number,
    groups: number,
    low: number,
    high: number,
    keys: number,
    sigma: number,
  ) => void;
}

/** Numbers made at a time: 64 KiB, which the second-level cache holds. */
const chunk = 16384;

let shared: { kernel: Kernel<Exports>; keys: number; out: number } | undefined;

/** One kernel for all calls: its memory holds nothing between them. */
function opened(): NonNullable<typeof shared> {
  if (!shared) {
    const kernel = openKernel<Exports>(normalsSource);
    shared = { kernel, keys: kernel.allocate(320), out: kernel.allocate(chunk * 4) };
  }
  return shared;
}

/**
 * Normal float32 numbers of consecutive Philox blocks by WebAssembly SIMD; math/normals.ts has the
 * definition.
 *
 * @param out filled whole
 * @param options.keys the twenty round keys, two for each of ten rounds
 * @param options.block number of the first block, a multiple of four
 */
export function normalsKernel(
  out: Float32Array,
  options: { keys: Uint32Array; block: number; sigma: number },
): void {
  const { kernel, keys, out: room } = opened();
  const { block, sigma } = options;
  const lanes = kernel.int32(keys, 80);
  options.keys.forEach((key, i) => lanes.fill(key, 4 * i, 4 * i + 4));
  const values = kernel.float32(room, chunk);
  for (let start = 0; start < out.length; ) {
    const first = block + start / 4;
    const low = first % 0x100000000;
    // A chunk never passes the end of the counter's low word.
    const count = Math.min(chunk, out.length - start, 4 * (0x100000000 - low));
    kernel.exports.fill(
      room,
      Math.ceil(count / 16),
      low,
      Math.floor(first / 0x100000000),
      keys,
      sigma,
    );
    out.set(count === chunk ? values : values.subarray(0, count), start);
    start += count;
  }
}
