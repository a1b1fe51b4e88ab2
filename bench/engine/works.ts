/** What bench/engine.ts times: networks of the product at fixed sizes, the same on the peer's side. */
import type { ParameterValues } from "../../src/core/parameters.ts";

export interface Work {
  /** The peer builds its side by this name. */
  readonly kind: "dncnn" | "dncnn-norm" | "unet2d" | "unet3d" | "tod-net" | "chain3d" | "infer2d";
  readonly title: string;
  readonly network: string;
  readonly options: ParameterValues;
  /** Shape of a batch. */
  readonly shape: readonly number[];
  /** Steps per measurement, so that one takes about a second. */
  readonly steps: number;
  /** Ratio of processor time on one thread that is asked for; absent where none is. */
  readonly wanted?: number;
}

const dncnn = { depth: 17, width: 64 };

export const works: readonly Work[] = [
  {
    kind: "dncnn",
    title: "DnCNN 17×64, 16 × 64×64",
    network: "dncnn",
    options: { ...dncnn, batchNorm: false },
    shape: [16, 1, 64, 64],
    steps: 1,
    wanted: 1.2,
  },
  {
    kind: "dncnn",
    title: "DnCNN 17×64, 1 × 64×64",
    network: "dncnn",
    options: { ...dncnn, batchNorm: false },
    shape: [1, 1, 64, 64],
    steps: 6,
    wanted: 1.2,
  },
  {
    kind: "dncnn-norm",
    title: "DnCNN 17×64 with batch normalisation, 16 × 64×64",
    network: "dncnn",
    options: { ...dncnn, batchNorm: true },
    shape: [16, 1, 64, 64],
    steps: 1,
    wanted: 1.2,
  },
  {
    kind: "unet2d",
    title: "2-D U-Net, base 32, 8 × 64×64",
    network: "unet-denoiser",
    options: { width: 32, levels: 3 },
    shape: [8, 1, 64, 64],
    steps: 3,
    wanted: 1.1,
  },
  {
    kind: "unet3d",
    title: "3-D U-Net, base 8, 32×64×64",
    network: "unet-denoiser",
    options: { width: 8, levels: 3 },
    shape: [1, 1, 32, 64, 64],
    steps: 2,
    wanted: 2,
  },
  {
    kind: "unet3d",
    title: "3-D U-Net, base 16, 32×64×64",
    network: "unet-denoiser",
    options: { width: 16, levels: 3 },
    shape: [1, 1, 32, 64, 64],
    steps: 1,
    wanted: 2,
  },
  {
    kind: "tod-net",
    title: "TOD-Net, generator 8 and critic 8, 16×64×64",
    network: "tod-generator",
    options: { width: 8 },
    shape: [1, 1, 16, 64, 64],
    steps: 1,
    wanted: 1.2,
  },
  {
    kind: "chain3d",
    title: "3-D chain, 5 layers × 16, 16×64×64",
    network: "chain",
    options: { depth: 5, width: 16 },
    shape: [1, 1, 16, 64, 64],
    steps: 2,
  },
  {
    kind: "infer2d",
    title: "inference, DnCNN 17×64, 512×512",
    network: "dncnn",
    options: { ...dncnn, batchNorm: false },
    shape: [1, 1, 512, 512],
    steps: 1,
  },
];
