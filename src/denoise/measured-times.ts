// Written by `npx tsx bench/denoiser-times.ts --write`; do not edit.

/**
 * Processor seconds of one thread for a million pixels of a plane with Gaussian noise (96 × 96, σ 10 of 200,
 * default parameters; AMD EPYC, Node 20.20.2).
 */
export const secondsPerMegapixel: Readonly<Record<string, number>> = {
  "adaptive-median": 0.8,
  "adaptive-non-local-means": 9.5,
  bilateral: 0.44,
  "blockwise-non-local-means": 22,
  bm3d: 12,
  "coherence-enhancing-diffusion": 14,
  "enhanced-lee": 1.1,
  frost: 0.69,
  gaussian: 1.8,
  "joint-bilateral": 2.7,
  "k-svd": 83,
  kuan: 0.16,
  lee: 0.33,
  "local-pca": 100,
  median: 0.8,
  "non-local-means": 1.8,
  "optimal-bilateral": 69,
  "perona-malik": 1.9,
  "pls-tv": 7,
  "rician-non-local-means": 1.9,
  srad: 1.2,
  "total-generalised-variation": 7.5,
  "total-variation": 1.9,
  "wavelet-shrinkage": 0.24,
  wiener: 0.16,
  wnnm: 320,
};
