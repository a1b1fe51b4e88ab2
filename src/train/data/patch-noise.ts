/** The noise of a patch: what its noisy images have, or what a noise model adds to it anew. */
import { drawSpreads } from "../../cases/index.ts";
import { makeImage } from "../../core/image.ts";
import type { Stream } from "../../core/random.ts";
import { type Cut, valuesOf } from "./cut.ts";
import { has } from "./sample.ts";

export type NoisyField = "noisy" | "again";

/**
 * Noisy less clean values of each wanted image. A noise model draws its options once for all images of a patch.
 *
 * @param options.clean values of the cut without noise, in the sample's unit
 */
export function noisesOf(
  cut: Cut,
  { clean, wanted, stream }: { clean: Float32Array; wanted: readonly NoisyField[]; stream: Stream },
): (readonly [NoisyField, Float32Array])[] {
  const { noise, unit, spacing } = cut.sample;
  const less = (values: Float32Array) => values.map((value, i) => value - clean[i]!);
  return wanted.map((name) => {
    if (has(cut.sample, name)) return [name, less(valuesOf(cut, name))] as const;
    const { model, options } = noise!;
    const { side, depth } = cut.size;
    const image = makeImage(clean, depth === 1 ? [side, side] : [depth, side, side], {
      unit,
      ...(spacing === undefined ? {} : { spacing }),
    });
    const values = drawSpreads(stream.child("noise options"), options, model.parameters);
    return [name, less(model.add(image, stream.child("noise", name), values).data)] as const;
  });
}
