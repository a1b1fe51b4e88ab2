/** What every classical denoiser is: a file of this folder exporting one such object. */
import type { Image } from "../core/image.ts";
import type { ParameterTable, ParameterValue, ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { TrainedOn } from "./trained-on.ts";

export interface DenoiseContext extends WorkOptions {
  /**
   * Noise standard deviation in the image's intensity unit; denoisers that need it estimate it from
   * the image when it is absent. For multiplicative noise models the parameter table says what it means.
   */
  readonly sigma?: number;
  /** Image of the same shape that guides the filter (joint bilateral), where the method has one. */
  readonly guide?: Image;
  /**
   * Templates of what is looked for, one value for each pixel of a plane, in the image's unit: for methods
   * that keep their responses wᵀg. Wrappers into another scale do not hand them on.
   */
  readonly templates?: readonly ArrayLike<number>[];
  /**
   * A regular sample of the values of the whole volume, where the image is a slab of it: methods that set
   * their scale by the range of the values take it from there.
   */
  readonly sample?: () => Promise<Float32Array>;
  /** One byte per pixel, 1 where it holds no measurement: such pixels are not seen, and are handed through. */
  readonly padding?: Uint8Array;
  /** Told in a sentence what the reader of the result should know. */
  readonly note?: (text: string) => void;
  /** Worker threads to use for volumes; the result never depends on it. Defaults to 1. */
  readonly threads?: number;
}

/** On what the reach of a method may depend. */
export interface ReachSettings {
  /** A value for every parameter that has one. */
  readonly parameters: Readonly<Record<string, ParameterValue | undefined>>;
  /** Voxel pitch of the volume in mm along `z, y, x`. */
  readonly spacing: Image["spacing"];
}

/**
 * How many planes on each side a plane of the result depends on, for one given noise level: 0 for methods
 * that go plane by plane. Where it depends on the whole volume, the reason as a clause, such as "the
 * dictionary is learnt from the whole volume".
 */
export type Reach = number | string;

/** Why a method that declares no reach gets whole volumes. */
export const unknownReach = "its result may depend on the whole volume";

/** The noise that a method is made for. */
export type NoiseKind = "gaussian" | "impulse" | "rician" | "speckle" | "poisson-gaussian" | "any";

/** @typeParam P what its parameters may be; the catalogue gives it for each member */
export interface Denoiser<P extends ParameterValues = ParameterValues> {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  /** The method's name as the field writes it. */
  readonly title: string;
  /** One sentence: what it does and what it is good for. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  readonly noise: NoiseKind;
  /** Spatial dimensions that it filters jointly; a volume given to a 2-D method goes slice by slice. */
  readonly dimensions: readonly (2 | 3)[];
  readonly parameters: ParameterTable;
  /**
   * Set on methods that compare the members of a series: they get all of it, axes `tyx` or `tzyx`, where others
   * get one member after the other.
   */
  readonly joins?: "series";
  /** Why the method works without one noise level for the image, as the rest of a sentence, where it does. */
  readonly levelless?: string;
  /** What of the call's context the method works with beside the noise level, where it does. */
  readonly uses?: readonly ("guide" | "templates")[];
  /** What a trained method learned from; images outside are warned of. */
  readonly trainedOn?: TrainedOn;
  /**
   * How far along z a result reaches, so that a volume can be denoised slab by slab; absent for methods
   * that have to see all of it. Slabs begin at even planes.
   */
  readonly reach?: (settings: ReachSettings) => Reach;
  /**
   * The noise level that the method would find by itself; absent where that is `estimateNoise`'s.
   *
   * @throws InputError on values that the method refuses
   */
  level?(image: Image, parameters?: P, context?: Pick<DenoiseContext, "padding">): number;
  /**
   * Denoises one image (axes `yx` or `zyx`), in its own intensity unit, and returns a new image of
   * the same geometry. The input is never changed.
   *
   * @throws InputError on values that are not finite or parameters out of range; CancelledError
   */
  denoise(image: Image, parameters?: P, context?: DenoiseContext): Promise<Image>;
}

/** What the noise level of denoisers of a kind is, where it is not the standard deviation in the image's unit. */
export const levelMeanings: Readonly<
  Partial<Record<NoiseKind, { readonly unit?: string; readonly about: string }>>
> = {
  rician: { about: "the standard deviation of each of the two channels" },
  speckle: {
    unit: "of the mean",
    about: "the speckle's standard deviation over its mean (1/√looks for intensities)",
  },
  "poisson-gaussian": { about: "the Gaussian part beside the counts" },
};

/** Where each kind of noise is met. */
export const modalities: Readonly<Record<NoiseKind, string>> = {
  gaussian: "CT, bright MR",
  impulse: "dead pixels",
  rician: "MR magnitude",
  speckle: "ultrasound, OCT",
  "poisson-gaussian": "X-ray, PET",
  any: "all",
};
