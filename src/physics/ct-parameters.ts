/** Parameters that the CT acquisitions share, and how they make a scan. */
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import type { ChoiceParameter, ParameterTable } from "../core/parameters.ts";
import { kernelNames, type KernelName } from "./filter.ts";
import type { Exposure } from "./counting.ts";

/** Choice of the reconstruction kernel. */
export function kernelRow(value: KernelName) {
  return {
    type: "choice",
    choices: kernelNames,
    default: value,
    about:
      "Reconstruction kernel: ram-lak and sharp resolve most, smooth and hann have least noise",
  } as const satisfies ChoiceParameter;
}

/** Exposure rows; the default quanta are those of the public phantom set for adult sizes. */
export const exposureRows = {
  dose: numberRow("1", [0.0001, 1, 100], "Fraction of the full dose; smaller is noisier"),
  photons: numberRow(
    "quanta",
    [1, 3e6, 1e12],
    "Quanta that each detector element counts in the open beam at full dose; 3e5 for small children",
  ),
  electronicSd: numberRow(
    "quanta",
    [0, 5, 1e6],
    "Standard deviation of the detector's electronic noise; it counts at low dose",
  ),
  floorCounts: numberRow(
    "quanta",
    [1e-3, 0.5, 1e6],
    "Smallest reading that the logarithm sees; lower ones are raised to it and counted",
  ),
} as const satisfies ParameterTable;

/** Exposure from resolved parameters. */
export function exposureOf(p: Readonly<Record<string, unknown>>): Exposure {
  return {
    dose: p.dose as number,
    photons: p.photons as number,
    electronicSd: p.electronicSd as number,
    floorCounts: p.floorCounts as number,
  };
}

/** Beam rows: energy, tube voltage, correction and bowtie. */
export const beamRows = {
  energyKeV: numberRow("keV", [20, 70, 150], "Effective energy at which HU are meant"),
  kV: numberRow(
    "kV",
    [0, 0, 150],
    "Tube voltage of a polychromatic beam with beam hardening; 0 is a beam of one energy",
  ),
  waterCorrection: {
    type: "boolean",
    default: true,
    about: "Correct polychromatic readings as if everything were water",
  },
  bowtieMm: numberRow(
    "mm",
    [0, 0, 600],
    "Diameter of the water cylinder that the bowtie filter is shaped for; 0 is none",
  ),
} as const satisfies ParameterTable;

/** Reconstruction rows. */
export const imageRows: ParameterTable = {
  kernel: kernelRow("hann"),
  imageSize: wholeRow(
    "px",
    [8, undefined, 2048],
    "Side of the reconstructed square image; the object's when absent",
  ),
  imageFovMm: numberRow(
    "mm",
    [10, undefined, 1000],
    "Side of the reconstructed field; the object's when absent",
  ),
  acceptTruncated: {
    type: "boolean",
    default: false,
    about: "Scan objects that reach the border of their field of view",
  },
};
