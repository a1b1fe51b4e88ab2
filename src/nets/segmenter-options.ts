/** Options that networks which segment share. */
import type { ParameterTable } from "../core/parameters.ts";

export const classesOption = {
  classes: {
    type: "integer",
    unit: "classes",
    min: 1,
    max: 1024,
    default: 2,
    about: "Classes, the background among them; 1 scores a single class against none.",
  },
} as const satisfies ParameterTable;
