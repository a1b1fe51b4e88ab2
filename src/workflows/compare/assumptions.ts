/** What a comparison takes for granted, in sentences. */
import type { CompareResult } from "./result.ts";
import { short } from "./verdict.ts";

export function assumptionsOf(
  result: Pick<CompareResult, "task" | "images" | "arms" | "doses" | "plan" | "viewer">,
  options: { readonly beside: number; readonly given: readonly number[] },
): string[] {
  const { task, images, arms, plan, viewer } = result;
  const unit = images.unit === "arbitrary" ? "" : ` ${images.unit}`;
  const { from, f50, edges } = task.resolution;
  const blur = !Number.isFinite(f50)
    ? "Signals are as sharp as they are drawn."
    : from === "surface"
      ? `Signals have the blur of the images: half transfer at ${f50.toFixed(2)}/mm, the median of ${edges} edges of the surface.`
      : from === "given"
        ? `Signals have a blur of half transfer at ${f50.toFixed(2)}/mm, as given.`
        : `Signals have a blur of half transfer at ${f50.toFixed(2)}/mm, which is assumed: no surface stood out to measure it.`;
  const inserted = arms.some((arm) => arm.doseFrom === "noise inserted");
  return [
    `The signal is known exactly, and so is its place; a reader who searches, or meets another lesion, does worse. The observers are models, not readers.`,
    `Signals are added to the images; what scatter, beam hardening and motion would do to them is left out.`,
    blur,
    `Places lie in tissue whose local means are ${short(task.tissue.low)} to ${short(task.tissue.high)}${unit}, away from its edges: nothing is said of lesions at edges or in other tissue.`,
    `${plan.cases} places on ${plan.slices} slices count as independent cases; no place serves both classes.`,
    ...(inserted
      ? [
          `Lower doses have the noise that a fan-beam scanner with filtered backprojection would have added; the noise of the images counts as that of their full dose.`,
        ]
      : []),
    ...(options.beside > 0
      ? [
          `Methods that join slices saw ${options.beside} on each side, and the signal in those within its radius.`,
        ]
      : []),
    ...(viewer.sd > 0
      ? [
          `A viewer adds noise of ${short(viewer.sd)}${unit} a pixel to what is shown${viewer.windowWidth === undefined ? ", as given" : `: that at which one just noticeable difference of a diagnostic display is detected with d' = 1, in a window of ${short(viewer.windowWidth)}${unit}, each pixel shown 0.6 mm wide at 500 mm`}. It is the same for every method.`,
        ]
      : []),
    `The d' from noise and resolution takes the images for linear and their noise for stationary.`,
  ];
}
