/** Customary display windows of an image. */
import type { ImageDocument } from "../../src/workflows/view/documents.ts";
import { ctWindows } from "../../src/figures/window.ts";

export interface WindowPreset {
  readonly name: string;
  readonly window: { readonly low: number; readonly high: number };
}

const ctNames: Readonly<Record<keyof typeof ctWindows, string>> = {
  "soft-tissue": "Soft tissue",
  lung: "Lung",
  bone: "Bone",
  brain: "Brain",
};

export function windowPresets({
  unit,
  window,
  range,
}: Pick<ImageDocument, "unit" | "window" | "range">): WindowPreset[] {
  const whole =
    range !== undefined && range.min < range.max
      ? [{ name: "All values", window: { low: range.min, high: range.max } }]
      : [];
  if (unit !== "HU") return [{ name: "Image's own", window }, ...whole];
  const ct = Object.entries(ctNames).map(([key, name]) => ({
    name,
    window: ctWindows[key as keyof typeof ctWindows],
  }));
  return [...ct, ...whole];
}
