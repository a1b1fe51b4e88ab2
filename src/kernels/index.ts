/** WebAssembly SIMD kernels and their loader. */
export { choleskyKernel } from "./cholesky.ts";
export { type GramAccumulator, gramKernel, type GramOptions } from "./gram.ts";
export { type Kernel, openKernel } from "./load.ts";
