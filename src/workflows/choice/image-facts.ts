/** What the choice of a denoiser depends on: measured facts of an image, and what its file says. */
import { type Image, type IntensityUnit, rangeOf } from "../../core/image.ts";
import { noiseOfPlanes, type EstimatedNoise } from "../../denoise/noise-level/noise-of-image.ts";
import { ricianBackground } from "../../denoise/noise-level/rician.ts";
import type { TrainedOn } from "../../denoise/trained-on.ts";
import { windowOf } from "../../inference/apply-model.ts";
import type { Modality } from "./modalities.ts";

export interface ImageFacts {
  /** Undefined where nothing says it. */
  readonly modality: Modality | undefined;
  /** How it is known, as the end of a sentence. */
  readonly modalityFrom: string;
  /** Standard deviation of the noise in the image's unit. */
  readonly sigma: number;
  readonly unit: IntensityUnit;
  /** The noise as a share of the window in which a trained model sees the image. */
  readonly levelIn: (trained: TrainedOn) => number;
  /** Full width at half maximum of the noise's autocorrelation in px, 1.2 for white noise. */
  readonly grain: number;
  /** Whether the dark parts follow Rayleigh's law, as those of a magnitude do. */
  readonly magnitude: boolean;
  /** Whether any value is below 0: of counts and magnitudes none is. */
  readonly negative: boolean;
  /** Larger pixel pitch of the plane in mm, where it is known. */
  readonly pixelMm: number | undefined;
  /** Whether the image is too large to be held, so that it goes a few planes at a time. */
  readonly large: boolean;
}

/** Codes of DICOM's Modality (0008,0060) with pixels that a denoiser makes sense of. */
const codes: Readonly<Record<string, Modality>> = {
  CT: "ct",
  MR: "mr",
  US: "ultrasound",
  IVUS: "ultrasound",
  BDUS: "ultrasound",
  OCT: "ultrasound",
  OPT: "ultrasound",
  IVOCT: "ultrasound",
  CR: "x-ray",
  DX: "x-ray",
  MG: "x-ray",
  RF: "x-ray",
  XA: "x-ray",
  PX: "x-ray",
  IO: "x-ray",
  RG: "x-ray",
  NM: "nuclear",
  PT: "nuclear",
  OP: "picture",
  ES: "picture",
  GM: "picture",
  SM: "picture",
  XC: "picture",
  DMS: "picture",
};

/** What makes images of a DICOM modality, where a denoiser makes sense of them. */
export function modalityOfCode(code: string): Modality | undefined {
  return Object.hasOwn(codes, code) ? codes[code] : undefined;
}

/** Noise with a grain up to this counts as white; an estimate of white noise's 1.2 px scatters about it. */
export const widestWhite = 1.5;

/**
 * Facts of an image by the planes on which its noise is judged.
 *
 * @param options.code DICOM's Modality where the file has one
 * @param options.given the modality where the user says it
 */
export function factsOf(
  planes: readonly Image[],
  options: {
    readonly code?: string | undefined;
    readonly given?: Modality | undefined;
    readonly paddings?: readonly (Uint8Array | undefined)[];
    readonly sigma?: number | undefined;
    readonly large?: boolean;
  } = {},
): ImageFacts & { readonly noise: EstimatedNoise } {
  const { code, given, paddings = [], large = false } = options;
  const noise = noiseOfPlanes(planes, { paddings });
  const sigma = options.sigma ?? noise.sigma;
  const middle = Math.floor(planes.length / 2);
  const plane = planes[middle]!;
  const seen = plane.data.filter((v, i) => Number.isFinite(v) && paddings[middle]?.[i] !== 1);
  const { min } = rangeOf(seen.length > 0 ? seen : plane.data);
  const background =
    plane.unit === "arbitrary" && min >= 0 && ricianBackground(seen).status === "ok";
  const named = code === undefined ? undefined : modalityOfCode(code);
  const [modality, modalityFrom] =
    given !== undefined
      ? [given, "as given"]
      : named !== undefined
        ? [named, `by the file's modality ${code}`]
        : plane.unit === "HU"
          ? ["ct" as const, "by its unit HU"]
          : background
            ? ["mr" as const, "by its background, which follows Rayleigh's law"]
            : [undefined, "nothing says what made the image"];
  const [, sy, sx] = plane.spacing;
  return {
    modality,
    modalityFrom,
    sigma,
    unit: plane.unit,
    levelIn: (trained) => sigma / windowOf({ data: seen, unit: plane.unit }, trained).scale,
    grain: noise.grain ?? 1.2,
    magnitude: background,
    negative: min < 0,
    pixelMm: plane.spacingKnown ? Math.max(sy, sx) : undefined,
    large,
    noise,
  };
}
