/** How a network is adapted, in numbers and names. */
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import type { ParameterTable } from "../core/parameters.ts";

export const adaptSettings = {
  alpha: numberRow("1", [0, 1, 1e15], "weight of fidelity"),
  beta: numberRow("1", [0, 1000, 1e15], "weight of the task"),
  gamma: numberRow("1", [0, 1e7, 1e15], "weight of the drift"),
  reduction: {
    type: "choice",
    choices: ["sum", "mean"],
    default: "sum",
    about: "norms as sums (as published) or means",
  },
  solver: {
    type: "choice",
    choices: ["gauss-newton", "path", "adam"],
    default: "gauss-newton",
    about: "damped least squares, one linearisation, or Adam (as published, much slower)",
  },
  steps: wholeRow("1", [1, 500, 1e9], "steps of Adam"),
  rate: numberRow("1", [1e-9, 1e-4, 1e3], "learning rate of Adam"),
  project: {
    type: "boolean",
    default: false,
    about: "apply the task-preserving projection afterwards",
  },
} as const satisfies ParameterTable;
