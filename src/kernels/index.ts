/** WebAssembly SIMD kernels and their loader. */
export { type BlockSums, blockSums, type CentredBlocks, centredBlocks } from "./centred-blocks.ts";
export { choleskyKernel } from "./cholesky.ts";
export { type GramAccumulator, gramKernel, type GramOptions } from "./gram.ts";
export { type Kernel, openKernel } from "./load.ts";
export { normalsKernel } from "./normals.ts";
