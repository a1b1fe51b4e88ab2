/** What a training would see, without training: one batch as a picture. */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { rangeOf } from "../core/image.ts";
import type { FieldName } from "../train/batch.ts";
import { readStartingModels, readTrainingConfig } from "../train/files.ts";
import { methodGraph } from "../train/method-graph.ts";
import { checkBatch, openTrainingMethod } from "../train/open-training-method.ts";
import { batchFigure } from "./batch-figure.ts";
import { checkPicture, checkPlaces, type OutputOptions, writePicture } from "./output.ts";
import { trainingImages, type TrainingImagesOptions } from "./training-images.ts";

export interface LookOptions extends TrainingImagesOptions, OutputOptions {
  /** Where the picture goes, `.png` or `.svg`; default: `NAME-batch.png`. */
  readonly output?: string | undefined;
}

export interface BatchReport {
  readonly name: string;
  /** Path of the picture. */
  readonly picture: string;
  /** Shape and range of every field, as far as its values are shown. */
  readonly fields: readonly {
    readonly field: FieldName;
    readonly shape: readonly number[];
    readonly low: number;
    readonly high: number;
  }[];
  /** Fields that the method reads. */
  readonly reads: readonly FieldName[];
  readonly notes: readonly string[];
}

/** Batches whose noise levels are counted. */
const counted = 16;

/**
 * Opens a training as `trainFiles` would, draws its first batch, and shows it.
 *
 * @param path of a description in JSON or YAML
 * @throws InputError on a description that cannot be trained; RunError when the disk fails; CancelledError
 */
export async function lookAtBatch(path: string, options: LookOptions = {}): Promise<BatchReport> {
  const config = await readTrainingConfig(path);
  const picture = options.output ?? `${config.name}-batch.png`;
  checkPicture(picture);
  const { force } = options;
  await checkPlaces([{ path: picture, option: "output" }], {
    inputs: [path],
    ...(force === undefined ? {} : { force }),
  });
  const models = await readStartingModels(config, options.data ?? ".");
  const opened = await openTrainingMethod(config, { models });
  const { data, notes } = await trainingImages(config, {
    ...options,
    method: opened.method,
    inThread: false,
  });
  // Networks and fields that do not fit are found now, as in the training.
  const { reads } = methodGraph(opened, data.shapes);
  const fields = Object.keys(data.shapes) as FieldName[];
  const batch = await data.draw({ step: 0, draw: 0, fields });
  checkBatch(opened, batch);
  const levels: number[] = [];
  for (let step = 0; step < counted && data.shapes.sigma !== undefined; step++) {
    const { sigma } = await data.draw({ step, draw: 0, fields: ["sigma"] });
    levels.push(...sigma!.data);
  }
  const bad = fields.find((field) => rangeOf(batch[field]!.data).nonFinite > 0);
  if (bad !== undefined) {
    throw new InputError(
      `Cannot train on ${path}: found values in ${bad} of its first batch that are not finite, wanted numbers`,
    );
  }
  const [count = 0] = data.shapes[fields[0]!]!;
  const title = `${config.name}: first batch, ${count} patches`;
  await writePicture(picture, batchFigure(batch, { title, levels }));
  return {
    name: config.name,
    picture,
    fields: fields.map((field) => {
      const { shape, data: values } = batch[field]!;
      const { min: low, max: high } = sizeOf(shape) === 0 ? { min: 0, max: 0 } : rangeOf(values);
      return { field, shape, low, high };
    }),
    reads,
    notes,
  };
}
