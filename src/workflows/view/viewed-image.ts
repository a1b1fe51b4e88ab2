/** An image on its way to a viewer: its facts, its values as bytes, and a small picture of it. */
import { type Image, rangeOf, sliceOf } from "../../core/image.ts";
import { bitmapPng, middleSlice, renderPlane, shrink, windowFor } from "../../figures/index.ts";
import type { ViewFacts } from "./documents.ts";
import { type EncodedPlanes, encodePlanes, planeLayout } from "./plane-encoding.ts";

/** Longer side of the small picture in pixels. */
const thumbnailSide = 96;

export interface ViewedImage {
  readonly facts: ViewFacts;
  readonly encoded: EncodedPlanes;
  /** Bytes of a PNG file. */
  readonly thumbnail: Uint8Array;
}

/** @param named what the file says beside the values */
export function viewedImage(
  image: Image,
  named: Pick<ViewFacts, "name" | "format" | "notes" | "modality">,
): ViewedImage {
  const { axes, shape, unit, spacing, spacingKnown } = image;
  const encoded = encodePlanes(image);
  const { min, max } = rangeOf(image.data);
  const window = Number.isNaN(min) ? { low: 0, high: 1 } : windowFor(image);
  const plane = sliceOf(image, middleSlice(image));
  const small = shrink(renderPlane(plane, { window }), thumbnailSide);
  return {
    facts: {
      ...named,
      axes,
      shape,
      unit,
      spacing,
      spacingKnown,
      type: encoded.type,
      ...planeLayout(image),
      ...(Number.isNaN(min) ? {} : { range: { min, max } }),
      window,
    },
    encoded,
    thumbnail: bitmapPng(small),
  };
}
