/** The usual questions, each with its source. */
import type { ctWindows } from "../../figures/window.ts";
import type { SignalShape, Tissue } from "./terms.ts";

export interface Preset {
  readonly title: string;
  /** `HU`: CT only; `any`: the contrast is in multiples of the noise. */
  readonly unit: "HU" | "any";
  readonly shape: SignalShape;
  readonly diameterMm: number;
  readonly contrast: number;
  readonly contrastIn: "own" | "sigma";
  /** Absent where it follows from the image's own values. */
  readonly tissue?: Tissue;
  /** In which it is read; the customary one of the image's unit when absent. */
  readonly window?: keyof typeof ctWindows;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  /** What of it is the source's, and what is a choice made here. */
  readonly about: string;
}

export const presets: Readonly<Record<string, Preset>> = Object.freeze({
  "liver-lesion": {
    title: "Small low-contrast liver lesion",
    unit: "HU",
    shape: "disk",
    diameterMm: 6,
    contrast: -25,
    contrastIn: "own",
    tissue: { low: 0, high: 200 },
    references: ["fletcher2015observer", "jensen2022reduced"],
    about:
      "sub-centimetre hypoattenuating lesions are those that reader studies of dose and denoising lose first; 6 mm and −25 HU are chosen here",
  },
  "lung-nodule": {
    title: "Ground-glass lung nodule",
    unit: "HU",
    shape: "blob",
    diameterMm: 6,
    contrast: 150,
    contrastIn: "own",
    tissue: { low: -950, high: -700 },
    window: "lung",
    references: ["macmahon2017guidelines"],
    about: "6 mm is where the guideline asks for follow-up; +150 HU is chosen here",
  },
  "mita-low-contrast": {
    title: "MITA low-contrast module, 5 mm insert",
    unit: "HU",
    shape: "disk",
    diameterMm: 5,
    contrast: 7,
    contrastIn: "own",
    tissue: { low: -60, high: 100 },
    references: ["vaishnav2014objective"],
    about: "the insert of 5 mm and 7 HU of the four of the module",
  },
  "acr-low-contrast": {
    title: "ACR CT phantom, low-contrast module",
    unit: "HU",
    shape: "disk",
    diameterMm: 6,
    contrast: 6,
    contrastIn: "own",
    tissue: { low: 60, high: 130 },
    references: ["mccollough2004phantom"],
    about: "rods of 6 HU in a background near 90 HU; the 6 mm row is the criterion",
  },
  "mr-lesion": {
    title: "Small MR lesion",
    unit: "any",
    shape: "disk",
    diameterMm: 3,
    contrast: 1.5,
    contrastIn: "sigma",
    references: ["filippi2019assessment"],
    about:
      "3 mm is the smallest lesion that the guideline counts; 1.5 times the noise is chosen here",
  },
});
