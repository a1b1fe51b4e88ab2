/** Parameters that the non-local means filters share. */
import type { ParameterTable } from "../../core/parameters.ts";

/** Table with the given defaults; `strength` is h/σ for d² as a mean over the patch. */
export function nonLocalParameters(defaults: {
  readonly strength: number;
  readonly self: "one" | "largest";
}): ParameterTable {
  return {
    strength: {
      type: "number",
      unit: "σ",
      min: 0.01,
      max: 20,
      ...(defaults.strength > 0 ? { default: defaults.strength } : {}),
      about:
        "h of w = exp(−max(d² − 2σ², 0)/h²), d² being the mean over the patch; larger is smoother",
    },
    patch: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 3,
      about: "half width of the patch; by default 2 on planes, 1 in volumes",
    },
    search: {
      type: "integer",
      unit: "px",
      min: 1,
      max: 20,
      about: "half width of the search window; by default 8 on planes, 4 in volumes",
    },
    self: {
      type: "choice",
      choices: ["one", "largest"],
      default: defaults.self,
      about: "weight of the pixel itself: 1, or that of its best neighbour",
    },
  };
}

/** Patch and search half widths with their defaults for the dimensions. */
export function windowsOf(
  values: Readonly<Record<string, unknown>>,
  dimensions: 2 | 3,
): { patch: number; search: number } {
  return {
    patch: (values.patch as number | undefined) ?? (dimensions === 3 ? 1 : 2),
    search: (values.search as number | undefined) ?? (dimensions === 3 ? 4 : 8),
  };
}
