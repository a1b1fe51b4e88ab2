/** How much is compared and how it is judged, in numbers and names. */
import { numberRow, wholeRow } from "../../core/parameter-rows.ts";
import type { ParameterTable } from "../../core/parameters.ts";

export const compareSettings = {
  count: wholeRow("1", [24, undefined, 100_000], "number of places, half of them with the signal"),
  halfWidth: numberRow("1", [0.005, 0.05, 0.3], "half-width of the AUC's interval to plan for"),
  margin: numberRow("1", [0.001, 0.05, 0.5], "loss of AUC that does not matter"),
  level: numberRow("1", [0.5, 0.95, 0.9999], "coverage of the intervals"),
  internalNoise: numberRow(
    "1",
    [0, undefined, 1e9],
    "a viewer's own noise in one pixel, in the image's unit, 0 for none; default: from a display's window",
  ),
  search: { type: "boolean", default: false, about: "also judge signals at unknown places" },
  quick: { type: "boolean", default: false, about: "do as much as fits into a minute and a half" },
  seed: wholeRow("1", [0, 1, 1e15], "seed of places, shapes and noise"),
} as const satisfies ParameterTable;
