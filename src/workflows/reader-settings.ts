/** How a study of several readers is analysed, in numbers and names. */
import { numberRow } from "../core/parameter-rows.ts";
import type { ParameterTable } from "../core/parameters.ts";
import type { OrhAnalysis } from "../stats/mrmc-orh.ts";

const analyses = [
  "random-readers-and-cases",
  "fixed-readers",
  "fixed-cases",
] as const satisfies readonly OrhAnalysis[];

export const readerSettings = {
  analysis: {
    type: "choice",
    choices: analyses,
    default: "random-readers-and-cases",
    about: "what the Obuchowski-Rockette-Hillis analysis generalises to",
  },
  margin: numberRow(
    "1",
    [1e-6, undefined, 1],
    "largest acceptable loss of area, for non-inferiority and equivalence",
  ),
  plan: numberRow(
    "1",
    [1e-6, undefined, 1],
    "show how many readers and cases would detect a difference of this size",
  ),
  power: numberRow("1", [0.5, 0.8, 0.999], "power of the planned study"),
  level: numberRow("1", [0.5, 0.95, 0.9999], "coverage of the intervals"),
} as const satisfies ParameterTable;
