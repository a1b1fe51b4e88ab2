/** What every model observer is: a file of this folder exporting one such object. */
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Node } from "../graph/node.ts";
import type { Cases } from "./cases.ts";
import type { ChannelSet } from "./channels/channel-set.ts";

/** What is known about the task besides images: exact truths of a simulation, or design data of a phantom. */
export interface Known {
  /** Mean signal, in the images' unit, one value per voxel of a case. */
  readonly signal?: Float64Array;
  /** Signals that may occur, with prior probabilities and the parameter to be estimated. */
  readonly family?: readonly {
    readonly signal: Float64Array;
    readonly prior: number;
    readonly parameter?: number;
  }[];
  /** Standard deviation of white noise, in the images' unit. */
  readonly sigma?: number;
  /** Mean background, one value per voxel. */
  readonly background?: Float64Array;
  /** Eigenvalues of a stationary background's circulant covariance, zero frequency first; their mean is a voxel's variance. White noise not included. */
  readonly powerSpectrum?: Float64Array;
  /** Covariance of a voxel vector, row-major size×size, white noise included. */
  readonly covariance?: Float64Array;
  /** Backgrounds without noise, from which a covariance can be estimated and white noise added. */
  readonly backgrounds?: Cases;
  /** Parameters of a lumpy background, for the Markov-chain ideal observer. */
  readonly lumpy?: {
    readonly meanNumber: number;
    readonly amplitude: number;
    readonly width: number;
    readonly base: number;
  };
  /** Place of the signal in each training case with signal: x, y (, z) in pixels, one row per case. */
  readonly places?: Float64Array;
  /** Places where the signal may be, in pixels: x, y (, z), one row per place. */
  readonly candidates?: Float64Array;
  /** Radius of the signal in pixels; sets the width of channels that follow the signal's size. */
  readonly radius?: number;
}

/** Images to learn from: never those that are tested, nor those a denoiser was trained on. */
export interface TrainingSet {
  readonly present: Cases;
  readonly absent: Cases;
  readonly known?: Known;
}

/** A named finding: something that a reader of the result must know, why, and what to do. */
export interface Finding {
  readonly name: string;
  /** `note`: stated for the record; `warning`: the value is doubtful; `breach`: theory says it cannot be. */
  readonly severity: "note" | "warning" | "breach";
  readonly reason: string;
  readonly remedy: string;
}

/** What an observer says about each case. */
export interface Reading {
  /** Test statistic of each case; larger speaks for the signal. */
  readonly scores: Float64Array;
  /** Place that the observer points at, in pixels: x, y (, z), one row per case. */
  readonly places?: Float64Array;
  /** Estimate of the signal's parameter for each case. */
  readonly estimates?: Float64Array;
}

export interface ObserverContext extends WorkOptions {
  /** Seed of everything random in an observer: internal noise, Markov chains, weights. Defaults to 0. */
  readonly seed?: number;
}

export interface TrainedObserver {
  readonly status: "ok";
  /** @throws InputError when cases differ from the training images in shape or unit */
  read(cases: Cases, context?: ObserverContext): Promise<Reading>;
  /** Weights of a linear observer, one per voxel. */
  readonly template?: Float64Array;
  /**
   * The score `[1]` of one image `[1, 1, …]` as an expression, where the observer is a network: for losses
   * and adaptation that must know its gradient.
   */
  readonly expression?: (image: Node) => Node;
  /**
   * Channels that were fixed before any image was seen, where the observer is Hotelling's on them: its d' in the
   * population then has an unbiased estimate. With the signal's outputs where those are known.
   */
  readonly fixedChannels?: {
    readonly set: ChannelSet;
    readonly knownDifference?: Float64Array;
  };
  /** Number of variables that training had to estimate a covariance of; 0 when it estimated none. */
  readonly dimension: number;
  /** Figures worth keeping: residual of the solver, shrinkage, number of channels. */
  readonly figures: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** The observer cannot be trained on these images: why, and what would help. */
export interface Refusal {
  readonly status: "refused";
  readonly cause: string;
  readonly remedy: string;
}

export type Training = TrainedObserver | Refusal;

/** @typeParam P what its parameters may be; the catalogue gives it for each member */
export interface Observer<P extends ParameterValues = ParameterValues> {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  /** The observer's name as the field writes it. */
  readonly title: string;
  /** One sentence: what it computes and what it stands for. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  readonly kind: "linear" | "channelised" | "search" | "ideal" | "learned";
  /** Spatial dimensions of the images that it reads. */
  readonly dimensions: readonly (2 | 3)[];
  /** Knowledge without which it refuses. */
  readonly needs: readonly (keyof Known)[];
  /** True when its test statistic is the likelihood ratio, or a monotone function of it, under its stated assumptions. */
  readonly ideal: boolean;
  readonly parameters: ParameterTable;
  /**
   * Learns from training images.
   *
   * @throws InputError on classes of different shape or unit, or parameters out of range; CancelledError
   */
  train(training: TrainingSet, parameters?: P, context?: ObserverContext): Promise<Training>;
}
