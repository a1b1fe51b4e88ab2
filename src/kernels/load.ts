/**
 * Loads WebAssembly SIMD kernels, in Node and browsers alike, synchronously and without file access.
 *
 * How to add one: write `assembly/NAME.ts` (AssemblyScript, exported functions on raw pointers: `usize`
 * arguments, `load<f32>`, `v128`), run `npm run kernels` (or `npm run kernels -- NAME` for that one
 * alone), and wrap it in `NAME.ts` of this folder:
 *
 * ```ts
 * import { nlmSource } from "./generated/nlm.ts";
 * import { openKernel } from "./load.ts";
 *
 * interface Exports { readonly filter: (src: number, out: number, n: number) => void }
 *
 * export function nlmRows(x: Float32Array): Float32Array {
 *   const kernel = openKernel<Exports>(nlmSource);
 *   const src = kernel.putFloat32(x);
 *   const out = kernel.allocate(x.byteLength);
 *   kernel.exports.filter(src, out, x.length);
 *   return kernel.float32(out, x.length).slice();
 * }
 * ```
 *
 * Allocate everything before taking views: growing the memory detaches views taken earlier. Pointers
 * are aligned to 16 bytes, so `v128.load(p, 0, 16)` is safe on them. Fresh memory is zero; memory
 * reused after `release` is not. The module is compiled once per process; each `openKernel` has its own
 * memory, freed with the object: open one per call for large work, keep one (and `release` it) for
 * many small calls. Speed rules that were measured: keep accumulators in `v128` locals, unroll by
 * hand to 8 accumulators or more (latency), mark inner functions `@inline`, use
 * `v128.load32_splat`/`load64_splat` for broadcasts; there is no fused multiply–add.
 */
import { InputError, RunError } from "../core/errors.ts";

/** One instance of a kernel with its own linear memory. */
export interface Kernel<E> {
  /** Exported functions; pointers are byte offsets. */
  readonly exports: E;
  /** Reserves bytes, aligned to 16, growing the memory when needed; throws RunError when it cannot grow. */
  allocate(bytes: number): number;
  /** Reserves room and copies values in; returns the pointer. */
  putFloat64(values: Float64Array): number;
  putFloat32(values: Float32Array): number;
  putInt32(values: Int32Array): number;
  putUint8(values: Uint8Array): number;
  /** Views of the memory; valid until the next `allocate` or `put…`. Use `.slice()` to keep the values. */
  float64(pointer: number, length: number): Float64Array;
  float32(pointer: number, length: number): Float32Array;
  int32(pointer: number, length: number): Int32Array;
  uint8(pointer: number, length: number): Uint8Array;
  /** Gives all reserved memory back for reuse by this kernel. */
  release(): void;
}

const modules = new Map<string, WebAssembly.Module>();
const pageBytes = 65536;
/** The first page is left to the kernel's own static data. */
const firstFree = pageBytes;
/** WebAssembly's 32-bit memory ends here. */
const mostPages = 65536;

/**
 * Opens a kernel from its generated source string.
 *
 * @throws RunError where WebAssembly SIMD is missing or memory cannot grow
 */
export function openKernel<E extends object>(source: string): Kernel<E> {
  let module = modules.get(source);
  if (!module) {
    try {
      module = new WebAssembly.Module(Uint8Array.from(atob(source), (c) => c.charCodeAt(0)));
    } catch (error) {
      throw new RunError(
        "Cannot load a kernel: found no WebAssembly SIMD here, wanted Node 20 or a browser of 2021 or later",
        { cause: error },
      );
    }
    modules.set(source, module);
  }
  const { exports } = new WebAssembly.Instance(module, {});
  const memory = exports.memory as WebAssembly.Memory;
  let free = firstFree;

  const allocate = (bytes: number): number => {
    if (!(bytes >= 0) || !Number.isFinite(bytes)) {
      throw new InputError(`Cannot reserve memory: found ${bytes} bytes, wanted 0 or more`);
    }
    const pointer = free;
    const end = Math.ceil((pointer + bytes) / 16) * 16;
    const pages = Math.ceil(end / pageBytes) - memory.buffer.byteLength / pageBytes;
    if (pages > 0) {
      try {
        if (end > mostPages * pageBytes) throw new RangeError("beyond 4 GiB");
        memory.grow(pages);
      } catch (error) {
        throw new RunError(
          `Cannot reserve memory for a kernel: found no room for ${Math.round(end / 2 ** 20)} MiB, wanted that much below 4 GiB`,
          { cause: error },
        );
      }
    }
    free = end;
    return pointer;
  };
  const float64 = (p: number, n: number) => new Float64Array(memory.buffer, p, n);
  const float32 = (p: number, n: number) => new Float32Array(memory.buffer, p, n);
  const int32 = (p: number, n: number) => new Int32Array(memory.buffer, p, n);
  const uint8 = (p: number, n: number) => new Uint8Array(memory.buffer, p, n);
  const put =
    <T extends ArrayBufferView & { readonly length: number }>(
      view: (p: number, n: number) => { set(values: T): void },
    ) =>
    (values: T): number => {
      const pointer = allocate(values.byteLength);
      view(pointer, values.length).set(values);
      return pointer;
    };
  return Object.freeze({
    exports: exports as unknown as E,
    allocate,
    putFloat64: put<Float64Array>(float64),
    putFloat32: put<Float32Array>(float32),
    putInt32: put<Int32Array>(int32),
    putUint8: put<Uint8Array>(uint8),
    float64,
    float32,
    int32,
    uint8,
    release: () => {
      free = firstFree;
    },
  });
}
