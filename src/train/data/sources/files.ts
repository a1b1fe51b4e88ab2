/**
 * Images in files: with noise and without, with labels, with noise alone, or two sets of different objects; and
 * images without noise to which a noise model adds some.
 */
import { z } from "zod";
import { noiseSchema } from "../../../cases/index.ts";
import { checkSpreads } from "../../../cases/spread.ts";
import { InputError } from "../../../core/errors.ts";
import { type Image, layoutOf } from "../../../core/image.ts";
import { openMember } from "../../../core/member.ts";
import { noiseOfImage } from "../../../denoise/noise-level/noise-of-image.ts";
import { catalogue as noiseModels } from "../../../noise/catalogue.ts";
import type { NoiseModel } from "../../../noise/noise-model.ts";
import type { PlaneField, Sample } from "../sample.ts";
import { resolveWindow, type WindowConfig, windowFields } from "../window.ts";
import { imagesByName, matched, type NamedImage } from "./matched-files.ts";
import { planesOfData } from "./simulated.ts";
import type { SourceContext, SourceImages } from "./source.ts";

const paths = (about: string) =>
  z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((given) => (typeof given === "string" ? [given] : given))
    .optional()
    .describe(`Files or folders, relative to the data folder: ${about}`);

export const filesSchema = z
  .strictObject({
    kind: z.literal("files"),
    noisy: paths("images with noise."),
    clean: paths("the same without noise, or with less, matched by name."),
    again: paths("the same with other noise, matched by name."),
    labels: paths("classes of their voxels as whole numbers, matched by name."),
    other: paths("images without noise of other objects, in the same unit."),
    classes: z
      .record(z.string().regex(/^\d+$/), z.string())
      .optional()
      .describe("Names of the values of labels; default: the numbers themselves."),
    noise: noiseSchema
      .optional()
      .describe("Noise added to every patch of clean images anew, in their unit."),
    licence: z.string().describe("Licence under which they may be trained on."),
    ...windowFields,
  })
  .describe("Images in files.");

export type FilesConfig = z.output<typeof filesSchema>;

const imageFields = ["noisy", "clean", "again", "labels"] as const;

/**
 * @throws InputError when files cannot be read or do not go together, on values that are not finite, and on two
 *   sets of different units
 */
export async function openFiles(
  config: FilesConfig,
  context: SourceContext,
): Promise<SourceImages> {
  const { what, dataFolder: folder, signal } = context;
  checkFiles(config, what);
  const noise = await openNoise(config);
  const options = { folder, ...(signal === undefined ? {} : { signal }) };
  const fields: Partial<Record<PlaneField, Map<string, NamedImage>>> = {};
  for (const field of imageFields) {
    const given = config[field];
    if (given === undefined) continue;
    fields[field] = await imagesByName(given, { ...options, labels: field === "labels" });
  }
  const groups = matched(fields, what);
  const samples = groups.map(({ name, images }) =>
    sampleOf(images, { name, config, weight: config.weight / groups.length, noise }),
  );
  const found = config.other && (await imagesByName(config.other, { ...options, labels: false }));
  const others = [...(found?.values() ?? [])].map((one) =>
    sampleOf({ clean: one }, { name: one.path, config, weight: 1, noise: undefined }),
  );
  checkUnits(samples, others);
  return { samples, others, names: namesOf(config, samples), notes: [] };
}

/** @throws InputError on fields that do not go together */
function checkFiles({ noisy, clean, again, other, noise }: FilesConfig, what: string): void {
  const wrong = (found: string, wanted: string) =>
    new InputError(`Cannot use ${what}: found ${found}, wanted ${wanted}`);
  if (noisy === undefined && clean === undefined) {
    throw wrong("neither noisy nor clean", "files of one of them");
  }
  if (noise !== undefined && (clean === undefined || noisy !== undefined)) {
    throw wrong(
      noisy === undefined ? "noise without clean" : "noise beside noisy",
      "clean images alone to add noise to",
    );
  }
  if (noisy === undefined && (again ?? other) !== undefined) {
    throw wrong(`${again === undefined ? "other" : "again"} without noisy`, "noisy beside it");
  }
}

async function openNoise({ noise }: FilesConfig): Promise<Sample["noise"]> {
  if (noise === undefined) return undefined;
  const { name, options } = noise;
  const refusal = `Cannot add noise: found no noise model ${name}`;
  const model = await openMember<NoiseModel>(noiseModels, name, refusal);
  checkSpreads(`noise ${name}`, model.parameters, options);
  return { model, options };
}

function sampleOf(
  images: Readonly<Partial<Record<PlaneField, NamedImage>>>,
  {
    name,
    config,
    weight,
    noise,
  }: { name: string; config: FilesConfig; weight: number; noise: Sample["noise"] },
): Sample {
  const first = (images.clean ?? images.noisy)!.image;
  const { nz: depth, ny, nx } = layoutOf(first);
  for (const { path, image } of Object.values(images)) checkFinite(image, path);
  if (noise !== undefined) checkDomain(first, { model: noise.model, name });
  return {
    name,
    ny,
    nx,
    depth,
    planes: Object.fromEntries(
      Object.entries(images).map(([field, { image }]) => [
        field,
        planesOfData(image.data, ny * nx),
      ]),
    ),
    windows: config.windows.map((window: WindowConfig) => resolveWindow(window, first)),
    weight,
    unit: first.unit,
    ...(first.spacingKnown ? { spacing: first.spacing } : {}),
    ...(noise === undefined ? {} : { noise }),
    ...(images.clean === undefined ? { sigma: sigmaOf(images) } : {}),
  };
}

/** Noise of images that nothing without noise is known of: from two of one object, or as it is estimated. */
function sigmaOf({ noisy, again }: Partial<Record<PlaneField, NamedImage>>): number {
  if (again === undefined) return noiseOfImage(noisy!.image).sigma;
  const [a, b] = [noisy!.image.data, again.image.data];
  const square = a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0);
  return Math.sqrt(square / a.length / 2);
}

function checkFinite({ data }: Image, path: string): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `Cannot train on ${path}: found the value ${data[bad]} at voxel ${bad}, wanted finite numbers`,
    );
  }
}

function checkDomain({ data }: Image, { model, name }: { model: NoiseModel; name: string }): void {
  if (model.domain === "any") return;
  const least = data.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  if (least < 0) {
    throw new InputError(
      `Cannot add noise ${model.name} to ${name}: found the value ${least}, wanted no negative one`,
    );
  }
}

/** Two sets of different objects are compared by value: they must mean the same. */
function checkUnits(samples: readonly Sample[], others: readonly Sample[]): void {
  const first = samples[0]!;
  const strange = others.find(({ unit }) => unit !== first.unit);
  if (strange !== undefined) {
    throw new InputError(
      `Cannot train on two sets: found ${first.name} in ${first.unit} and ${strange.name} in ${strange.unit}, wanted one unit`,
    );
  }
}

/** Most classes that labels may have. */
const mostClasses = 256;

function namesOf({ classes }: FilesConfig, samples: readonly Sample[]): Record<number, string> {
  if (classes !== undefined) return classes;
  const values = new Set<number>();
  for (const { planes, name } of samples) {
    for (const plane of planes.labels ?? []) for (const value of plane) values.add(value);
    const bad = [...values].find((value) => !(Number.isInteger(value) && value >= 0));
    if (bad !== undefined || values.size > mostClasses) {
      const found = bad === undefined ? `${values.size} values` : `the value ${bad}`;
      throw new InputError(
        `Cannot use the labels of ${name}: found ${found}, wanted at most ${mostClasses} whole numbers from 0`,
      );
    }
  }
  values.delete(0);
  return Object.fromEntries([...values].sort((a, b) => a - b).map((v) => [v, String(v)]));
}
