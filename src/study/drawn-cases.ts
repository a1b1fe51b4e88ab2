/** Cases as a piece of work drew them. */
import { z } from "zod";
import { RunError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { float32Of } from "./bytes.ts";
import { frameSchema, imageIn, voxelsOf } from "./facts.ts";
import type { PieceResults } from "./piece.ts";

export const drawnSchema = z.object({
  frame: frameSchema,
  /** Standard deviation of each case's noise. */
  sigma: z.array(z.number()),
  /** Voxel of each case's signal, where the task has one. */
  places: z.array(z.array(z.number())).optional(),
});

export type DrawnValues = z.output<typeof drawnSchema>;

/** A case with its truth: the noisy image without its noise. */
export interface DrawnImages {
  readonly noisy: Image;
  readonly clean: Image;
  readonly labels?: Image;
  readonly sigma: number;
}

/** Cases from the results of a piece that drew them. */
export function drawnImages({ values, blobs }: PieceResults): DrawnImages[] {
  const { frame, sigma } = drawnSchema.parse(values);
  const size = voxelsOf(frame);
  const images = (name: string): Image[] | undefined => {
    const bytes = blobs[name];
    if (bytes === undefined) return undefined;
    const all = float32Of(bytes);
    return sigma.map((_, i) => imageIn(frame, all.slice(i * size, (i + 1) * size)));
  };
  const [noisy, clean, labels] = [images("noisy"), images("clean"), images("labels")];
  if (noisy === undefined || clean === undefined) {
    throw new RunError("Cannot read drawn cases: found no images among the results");
  }
  return sigma.map((level, i) => ({
    noisy: noisy[i]!,
    clean: clean[i]!,
    sigma: level,
    ...(labels === undefined ? {} : { labels: labels[i]! }),
  }));
}
