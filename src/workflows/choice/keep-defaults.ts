/** How large a lesion must survive where the user does not say: by modality, with the reason. */
import type { Modality } from "./modalities.ts";

export interface KeepDefault {
  /** Diameter in mm; 0 is the method alone. */
  readonly mm: number;
  readonly reason: string;
}

export const keepDefaults: Readonly<Record<Modality, KeepDefault>> = Object.freeze({
  ct: {
    mm: 5,
    reason:
      "faint lesions of a few HU in uniform tissue are below what a denoiser can tell from noise; 5 mm is the smallest that is usually acted on, and leaves about a quarter of the noise of a body scan",
  },
  mr: {
    mm: 0,
    reason:
      "lesions stand several noise levels above their surroundings, and a band for 3 mm at voxels of 1 mm hands a quarter of white noise back",
  },
  ultrasound: {
    mm: 0,
    reason: "speckle is as coarse as the smallest lesions: the band would hand it back",
  },
  "x-ray": {
    mm: 0,
    reason: "pixels are far smaller than what is looked for, and noise is weak at its scale",
  },
  nuclear: { mm: 0, reason: "what is seen is as large as the noise's grain" },
  picture: { mm: 0, reason: "nothing is known of what is looked for" },
});
