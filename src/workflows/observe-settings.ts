/** How observers judge, in numbers and names. */
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import type { ParameterTable } from "../core/parameters.ts";

export const observeSettings = {
  tolerance: numberRow(
    "px",
    [0, undefined, 10_000],
    "distance at which a place counts as found (LROC); default: 3",
  ),
  estimateWithin: numberRow(
    "1",
    [0, undefined, 1e15],
    "largest error of a correct estimate (EROC); default: a tenth of the true values' range",
  ),
  protocol: {
    type: "choice",
    choices: ["auto", "hold-out", "leave-pair-out"],
    default: "auto",
    about: "division of the images between training and test, when no training images are given",
  },
  trainFraction: numberRow("1", [0.05, 0.5, 0.95], "share of each class that hold-out trains on"),
  trainOn: {
    type: "choice",
    choices: ["each", "first"],
    default: "each",
    about: "train observers on every version's own images, or once on the first version's",
  },
  level: numberRow("1", [0.5, 0.95, 0.9999], "coverage of the intervals"),
  seed: wholeRow("1", [0, 0, 1e15], "seed of splits, internal noise and Markov chains"),
} as const satisfies ParameterTable;
