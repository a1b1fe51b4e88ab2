/**
 * The contract between data and training methods: named arrays, drawn by number.
 *
 * A batch is a pure function of the source and of (step, draw): a training that goes on from a checkpoint
 * sees the batches of one that never stopped, and a source may draw ahead, in workers or not, in any order.
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import type { TrainedOn } from "../denoise/trained-on.ts";
import type { NamedArray } from "../learn/tensor-file.ts";

/**
 * Fields that a batch may have. N images, C channels (neighbouring planes of a stack), K classes; `…` stands
 * for two or three spatial sizes, the same in all fields.
 */
export const fields = {
  noisy: "image with noise, [N, C, …]",
  clean: "the same object without noise (or with the reference's), [N, C, …]",
  again: "the same object with other noise, drawn independently, [N, C, …]",
  other: "image without noise of another object, unpaired, [N, C, …]",
  sigma: "standard deviation of each image's noise, [N, 1, 1, 1] or [N, 1, 1, 1, 1]",
  labels: "class of each pixel of `clean`, one-hot, [N, K, …]",
  present: "1 where the image holds the signal, else 0, [N, 1]",
  classes: "1 for each class that the image belongs to, else 0, [N, K]",
} as const;

export type FieldName = keyof typeof fields;

/** Arrays of one batch by field, values in the model's units (window on [0, 1]). */
export type Batch = Readonly<Partial<Record<FieldName, NamedArray>>>;

export interface DrawRequest {
  /** Number of the step, counted from 0. */
  readonly step: number;
  /** Which batch of the step, counted from 0: methods that update a critic several times read several. */
  readonly draw: number;
  /** Fields wanted; others need not be drawn. */
  readonly fields: readonly FieldName[];
}

/** Whatever gives batches. */
export interface BatchSource {
  /** Shapes of the fields that it can give, N first. */
  readonly shapes: Readonly<Partial<Record<FieldName, readonly number[]>>>;
  /** Draws a batch; the same request always gives the same numbers. Requests may be under way together. */
  draw(request: DrawRequest): Batch | Promise<Batch>;
  /** How many steps ahead requests may come; 1 by default. */
  readonly ahead?: number;
  /** What it knows of its images, for the model's card; the rest is measured or taken as usual. */
  readonly trainedOn?: Partial<TrainedOn>;
  dispose?(): Promise<void>;
}

/** A fixed set of images for validation, in groups such as noise levels. */
export interface ValidationSource {
  readonly groups: readonly string[];
  /** Images of each group. */
  readonly count: number;
  /** Images `start` to `start + n − 1` of a group; the same on every call. */
  draw(
    group: string,
    range: { readonly start: number; readonly count: number },
  ): Batch | Promise<Batch>;
}

/**
 * Checks that a source gives what is read.
 *
 * @throws InputError naming the fields that are missing and who reads them
 */
export function checkFields(
  shapes: BatchSource["shapes"],
  { reads, reader }: { reads: readonly FieldName[]; reader: string },
): void {
  const missing = reads.filter((name) => shapes[name] === undefined);
  if (missing.length > 0) {
    throw new InputError(
      `Cannot train ${reader}: found a source without ${missing.join(" and ")}, wanted ${missing.map((name) => `${name} (${fields[name]})`).join("; ")}`,
    );
  }
  const [first, ...rest] = reads.map((name) => ({ name, shape: shapes[name]! }));
  for (const { name, shape } of rest) {
    const space = (s: readonly number[]) =>
      s.length > 3 && sizeOf(s.slice(2)) > 1 ? s.slice(2) : [];
    const [a, b] = [space(first!.shape), space(shape)];
    if (shape[0] !== first!.shape[0] || (a.length > 0 && b.length > 0 && a.join() !== b.join())) {
      throw new InputError(
        `Cannot train ${reader}: found ${first!.name} of shape [${first!.shape.join(", ")}] and ${name} of shape [${shape.join(", ")}], wanted one number of images and one size`,
      );
    }
  }
}
