/** The same denoiser with the same settings, here and in the peers. */
import { bilateralReach } from "../../src/denoise/neighbourhood/bilateral-means.ts";

export interface PeerCase {
  readonly label: string;
  /** Member of the catalogue with its parameters. */
  readonly name: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Function of denoise.py. */
  readonly peer: string;
  readonly peerParameters: (sigma: number) => Readonly<Record<string, unknown>>;
  /** Largest difference of PSNR in dB that is accepted, and why it is not 0.1. */
  readonly within: number;
  readonly reason?: string;
  /** The peer takes other values beyond the border: PSNR is compared 8 px from it. */
  readonly insideOnly?: boolean;
}

const spatial = 1.5;
const range = 2.5;
const radius = bilateralReach(spatial);

/** Found by reproducing its result to 0.04 grey values; the test holds that. */
const shorterPatch =
  "scikit-image's fast mode sums one row and one column fewer than the patch has, and still divides by the whole patch; the test reproduces that to 0.02 dB";

export const peerCases: readonly PeerCase[] = [
  {
    label: "Gaussian (SciPy)",
    name: "gaussian",
    parameters: { width: 1.2 },
    peer: "scipy_gaussian",
    peerParameters: () => ({ width: 1.2 }),
    within: 0.001,
  },
  {
    label: "median (SciPy)",
    name: "median",
    parameters: { radius: 1 },
    peer: "scipy_median",
    peerParameters: () => ({ radius: 1 }),
    within: 0.001,
  },
  {
    label: "Wiener (SciPy)",
    name: "wiener",
    parameters: { radius: 2 },
    peer: "scipy_wiener",
    peerParameters: (sigma) => ({ radius: 2, sigma }),
    within: 0.001,
    insideOnly: true,
  },
  ...(["bayes", "visu"] as const).flatMap((threshold) =>
    ["sym8", "sym4", "db8", "db4", "db2", "coif1", "haar"].map(
      (wavelet): PeerCase => ({
        label: `wavelet ${wavelet} ${threshold}`,
        name: "wavelet-shrinkage",
        parameters: { threshold, wavelet, levels: 4, spins: 1 },
        peer: "skimage_wavelet",
        peerParameters: (sigma) => ({
          sigma,
          wavelet,
          rule: "soft",
          levels: 4,
          method: threshold === "bayes" ? "BayesShrink" : "VisuShrink",
        }),
        within: 0.4,
        reason:
          "a single orthogonal transform: its grid falls differently on the edges (mirrored margins here, extended coefficients there), which moves PSNR either way; mean difference below 0.1 dB",
      }),
    ),
  ),
  ...["sym8", "haar"].map(
    (wavelet): PeerCase => ({
      label: `wavelet ${wavelet} bayes, 2 shifts along each axis`,
      name: "wavelet-shrinkage",
      parameters: { threshold: "bayes", wavelet, levels: 4, spins: 2 },
      peer: "skimage_wavelet_spun",
      peerParameters: (sigma) => ({
        sigma,
        wavelet,
        rule: "soft",
        levels: 4,
        method: "BayesShrink",
      }),
      within: 0.4,
      reason: "as for single transforms: four shifts share the place of the grid's coarse levels",
    }),
  ),
  {
    label: "bilateral (scikit-image)",
    name: "bilateral",
    parameters: { spatial, range },
    peer: "skimage_bilateral",
    peerParameters: (sigma) => ({ spatial, range: range * sigma, radius }),
    within: 5,
    reason:
      "scikit-image 0.19 tabulates its spatial weights on -w//2 … w//2, one point too many, and reads the table w wide: weights are sheared; the test reproduces that to 0.02 dB",
  },
  {
    label: "bilateral (OpenCV)",
    name: "bilateral",
    parameters: { spatial, range },
    peer: "opencv_bilateral",
    peerParameters: (sigma) => ({ spatial, range: range * sigma, radius }),
    within: 0.1,
  },
  {
    label: "non-local means",
    name: "non-local-means",
    parameters: { strength: 0.8, patch: 2, search: 8, self: "one" },
    peer: "skimage_nlm",
    peerParameters: (sigma) => ({ h: 0.8 * sigma, sigma, patch: 2, search: 8 }),
    within: 2,
    reason: shorterPatch,
  },
  {
    label: "non-local means, 7 × 7 patch",
    name: "non-local-means",
    parameters: { strength: 0.6, patch: 3, search: 11, self: "one" },
    peer: "skimage_nlm",
    peerParameters: (sigma) => ({ h: 0.6 * sigma, sigma, patch: 3, search: 11 }),
    within: 2,
    reason: shorterPatch,
  },
];
