/** Parameters of a method tried on validation images. */
import { z } from "zod";
import { throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { auc } from "../stats/auc.ts";
import type { Dependencies } from "./dependencies.ts";
import type { Frame, TaskFacts } from "./facts.ts";

export const tuneSchema = z.object({
  /** Parameter to chosen value. */
  chosen: z.record(z.string(), z.number()),
  tried: z.array(
    z.object({
      parameter: z.string(),
      value: z.number(),
      /** Root of the mean squared error over all validation images. */
      rmse: z.number(),
      auc: z.number().nullable(),
    }),
  ),
});

export type TuneValues = z.output<typeof tuneSchema>;
export type Tried = TuneValues["tried"][number];

/** A validation case: what a method gets, and what it should give. */
export interface ValidationCase {
  readonly noisy: Image;
  readonly clean: Image;
  readonly sigma: number;
}

export interface TuneContext<Plan> {
  readonly plan: Plan;
  readonly frame: Frame;
  readonly facts: TaskFacts;
  readonly depends: Dependencies;
  /** Validation cases by class, in the order of the task's classes. */
  readonly cases: readonly (readonly ValidationCase[])[];
  readonly signal: AbortSignal;
  /** Told how many values were tried. */
  readonly onTried: (done: number) => void;
}

type Denoise = (one: ValidationCase) => Promise<Image> | Image;

export const leastRmse = (rows: readonly Tried[]): Tried =>
  rows.reduce((best, row) => (row.rmse < best.rmse ? row : best));

/**
 * Tries a value: the error over all validation images and, with a template, the area under the ROC curve of
 * its scores on the first two classes.
 */
export async function tryValue(
  { parameter, value }: Pick<Tried, "parameter" | "value">,
  options: {
    readonly denoise: Denoise;
    readonly template?: Float64Array | undefined;
    readonly context: Pick<TuneContext<unknown>, "cases" | "signal">;
  },
): Promise<Tried> {
  const { denoise, template, context } = options;
  let error = 0;
  let voxels = 0;
  const scores = await Promise.all(
    context.cases.map(async (cases) => {
      const own: number[] = [];
      for (const one of cases) {
        throwIfAborted(context.signal, "tuning");
        const { data } = await denoise(one);
        let statistic = 0;
        for (let i = 0; i < data.length; i++) {
          error += (data[i]! - one.clean.data[i]!) ** 2;
          if (template !== undefined) statistic += template[i]! * data[i]!;
        }
        voxels += data.length;
        own.push(statistic);
      }
      return own;
    }),
  );
  const [absent = [], present = []] = scores;
  return {
    parameter,
    value,
    rmse: Math.sqrt(error / voxels),
    auc: template === undefined ? null : auc({ absent, present }),
  };
}
