/** What is looked for: a known signal at known places of a tissue, in the terms of a user and in those of the images. */
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { oneOf } from "../../core/nearest-names.ts";
import { presets } from "./presets.ts";
import type { SignalShape, Tissue } from "./terms.ts";

/** A signal as a user states it. What is left out comes from the preset. */
export interface SignalOptions {
  /** `blob` is a Gaussian whose width at half height is the diameter; `mask` needs an image of shares from 0 to 1. */
  readonly shape?: SignalShape | undefined;
  readonly diameterMm?: number | undefined;
  /** Height above the background, with its sign. */
  readonly contrast?: number | undefined;
  /** `own` is the image's unit, `sigma` the noise of the tissue at full dose. Defaults to `own`. */
  readonly contrastIn?: "own" | "sigma" | undefined;
  /** Plane of shares from 0 to 1 with its own spacing, for `mask`. */
  readonly mask?: Image | undefined;
}

/** The signal that is inserted, all numbers known. */
export interface SignalTask {
  readonly preset: string;
  readonly shape: SignalShape;
  readonly diameterMm: number;
  /** In the image's unit. */
  readonly contrast: number;
  /** The same in multiples of the noise of the tissue at full dose. */
  readonly contrastSigma: number;
  readonly mask?: Image;
}

/** What a preset or a user says before the noise of the images is known. */
export interface StatedTask {
  readonly preset: string;
  readonly shape: SignalShape;
  readonly diameterMm: number;
  readonly contrast: number;
  readonly contrastIn: "own" | "sigma";
  readonly tissue?: Tissue;
  readonly mask?: Image;
}

/**
 * The task of a preset with whatever the user says instead. Without a preset: `liver-lesion` for CT in HU, `mr-lesion`
 * for other images, whose unit means nothing.
 *
 * @throws InputError for an unknown preset, a signal without size or height, or a mask that is missing or not a share
 */
export function statedTask(
  unit: Image["unit"],
  options: {
    readonly preset?: string | undefined;
    readonly signal?: SignalOptions | undefined;
    readonly tissue?: Tissue | undefined;
  },
): StatedTask {
  const { signal = {}, tissue } = options;
  const name = options.preset ?? (unit === "HU" ? "liver-lesion" : "mr-lesion");
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) {
    throw new InputError(
      `Cannot compare by preset ${name}: found no such preset, wanted ${oneOf(name, Object.keys(presets))}`,
    );
  }
  if (preset.unit === "HU" && unit !== "HU") {
    throw new InputError(
      `Cannot compare by preset ${name}: found values in ${unit} unit, wanted CT in HU; state the signal in multiples of the noise instead`,
    );
  }
  const shape = signal.shape ?? (signal.mask === undefined ? preset.shape : "mask");
  const diameterMm = signal.diameterMm ?? preset.diameterMm;
  const contrast = signal.contrast ?? preset.contrast;
  const contrastIn =
    signal.contrastIn ?? (signal.contrast === undefined ? preset.contrastIn : "own");
  if (!(diameterMm > 0 && Number.isFinite(diameterMm))) {
    throw new InputError(
      `Cannot compare: found a signal of ${diameterMm} mm, wanted a diameter above 0`,
    );
  }
  if (!Number.isFinite(contrast) || contrast === 0) {
    throw new InputError(
      `Cannot compare: found a signal of contrast ${contrast}, wanted a finite number other than 0`,
    );
  }
  if (contrastIn === "own" && unit !== "HU" && unit !== "normalised" && unit !== "1/mm") {
    if (signal.contrastIn === undefined) {
      throw new InputError(
        `Cannot compare: found a contrast of ${contrast} on images without a unit, wanted it in multiples of the noise (contrast in sigma), or stated as one in the images' own values`,
      );
    }
  }
  if (shape === "mask" && signal.mask === undefined) {
    throw new InputError("Cannot compare: found the shape mask without a mask, wanted an image");
  }
  const range = tissue ?? preset.tissue;
  if (range && !(range.low < range.high)) {
    throw new InputError(
      `Cannot compare: found the tissue ${range.low} to ${range.high}, wanted two numbers, the smaller first`,
    );
  }
  return Object.freeze({
    preset: name,
    shape,
    diameterMm,
    contrast,
    contrastIn,
    ...(range ? { tissue: range } : {}),
    ...(signal.mask ? { mask: signal.mask } : {}),
  });
}

/** The task in the image's unit, once the noise of its tissue is known. */
export function signalTask(stated: StatedTask, sigma: number): SignalTask {
  const { preset, shape, diameterMm, mask } = stated;
  const contrast = stated.contrastIn === "sigma" ? stated.contrast * sigma : stated.contrast;
  return Object.freeze({
    preset,
    shape,
    diameterMm,
    contrast,
    contrastSigma: contrast / sigma,
    ...(mask ? { mask } : {}),
  });
}
