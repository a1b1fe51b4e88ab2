/**
 * Environment of a peer in Python at its best: as many threads as ours, and an allocator that keeps its
 * memory. By default glibc gives large arrays back to the system as soon as they are free, and what is timed
 * is then the kernel clearing pages: PyTorch's steps took 1.2 to 15 times as long here.
 */
export function peerEnvironment(threads: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    NUMEXPR_NUM_THREADS: String(threads),
    MALLOC_MMAP_MAX_: "0",
    MALLOC_TRIM_THRESHOLD_: String(2 ** 34),
    MALLOC_TOP_PAD_: String(2 ** 26),
  };
}
