/**
 * Images in files: with noise and without, with labels, with noise alone, or two sets of different objects; and
 * images without noise to which a noise model adds some.
 */
import { checkSpreads } from "../../../cases/spread.ts";
import { InputError } from "../../../core/errors.ts";
import { type Image, layoutOf } from "../../../core/image.ts";
import { openMember } from "../../../core/member.ts";
import { noiseOfImage } from "../../../denoise/noise-level/noise-of-image.ts";
import { catalogue as noiseModels } from "../../../noise/catalogue.ts";
import type { NoiseModel } from "../../../noise/noise-model.ts";
import { type PlaneField, planeFields, type Sample } from "../sample.ts";
import { resolveWindow, type WindowConfig } from "../window.ts";
import { openFileClasses } from "./class-table.ts";
import type { FilesConfig } from "./files-schema.ts";
import { imagesByName, matched, type NamedImage } from "./matched-files.ts";
import { doseParameters, type InsertTask } from "../inserted.ts";
import { openScans } from "../scan-cache.ts";
import { planesOfData } from "../scan-memory.ts";
import { sampleOfScan } from "./simulated.ts";
import type { SourceContext, SourceImages } from "./source.ts";

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
  const bearsOf = await openFileClasses(config.imageClasses, folder);
  const options = { folder, ...(signal === undefined ? {} : { signal }) };
  const fields: Partial<Record<PlaneField, Map<string, NamedImage>>> = {};
  for (const field of planeFields) {
    const given = config[field];
    if (given === undefined) continue;
    fields[field] = await imagesByName(given, { ...options, labels: field === "labels" });
  }
  const groups = matched(fields, what);
  for (const { images } of groups) {
    for (const { path, image } of Object.values(images)) checkFinite(image, path);
  }
  const drawn =
    config.insertion === undefined && config.signal === undefined
      ? undefined
      : await openInserted(groups, { config, context, bearsOf });
  const samples =
    drawn?.samples.map((sample) => finished(sample, { noise })) ??
    groups.map(({ name, images }) =>
      finished(
        {
          ...sampleOf(images, { name, config, weight: config.weight / groups.length }),
          ...(bearsOf === undefined ? {} : { bears: bearsOf(name) }),
        },
        { noise },
      ),
    );
  const found = config.other && (await imagesByName(config.other, { ...options, labels: false }));
  const others = [...(found?.values() ?? [])].map((one) =>
    sampleOf({ clean: one }, { name: one.path, config, weight: 1 }),
  );
  for (const { path, image } of found?.values() ?? []) checkFinite(image, path);
  checkUnits(samples, others);
  return { samples, others, names: namesOf(config, samples), notes: drawn?.notes ?? [] };
}

/** @throws InputError on fields that do not go together */
function checkFiles(config: FilesConfig, what: string): void {
  const { noisy, clean, again, other } = config;
  const wrong = (found: string, wanted: string) =>
    new InputError(`Cannot use ${what}: found ${found}, wanted ${wanted}`);
  if (noisy === undefined && clean === undefined) {
    throw wrong("neither noisy nor clean", "files of one of them");
  }
  for (const added of ["noise", "insertion"] as const) {
    if (config[added] !== undefined && (clean === undefined || noisy !== undefined)) {
      throw wrong(
        noisy === undefined ? `${added} without clean` : `${added} beside noisy`,
        "clean images alone to add noise to",
      );
    }
  }
  if (config.noise !== undefined && config.insertion !== undefined) {
    throw wrong("both noise and insertion", "one of them");
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

type Matched = Readonly<Partial<Record<PlaneField, NamedImage>>>;

const firstOf = ({ clean, noisy }: Matched): Image => (clean ?? noisy)!.image;

function sampleOf(
  images: Matched,
  { name, config, weight }: { name: string; config: FilesConfig; weight: number },
): Sample {
  const first = firstOf(images);
  const { nz: depth, ny, nx } = layoutOf(first);
  const planes: Partial<Record<PlaneField, readonly Float32Array[]>> = {};
  for (const field of planeFields) {
    const found = images[field];
    if (found !== undefined) planes[field] = planesOfData(found.image.data, ny * nx);
  }
  return {
    name,
    ny,
    nx,
    depth,
    planes,
    windows: config.windows.map((window: WindowConfig) => resolveWindow(window, first)),
    weight,
    unit: first.unit,
    ...(first.spacingKnown ? { spacing: first.spacing } : {}),
    ...(images.clean === undefined ? { sigma: sigmaOf(images) } : {}),
  };
}

/** With the noise that is added to its patches. */
function finished(sample: Sample, { noise }: Pick<Sample, "noise">): Sample {
  if (noise === undefined) return sample;
  checkDomain(sample, noise.model);
  return { ...sample, noise };
}

/** The images with lower doses and lesions put into them, several times each. */
async function openInserted(
  groups: ReturnType<typeof matched<PlaneField>>,
  {
    config,
    context,
    bearsOf,
  }: {
    config: FilesConfig;
    context: SourceContext;
    bearsOf: Awaited<ReturnType<typeof openFileClasses>>;
  },
): Promise<{ samples: Sample[]; notes: string[] }> {
  const { insertion, signal, present, halfCyclesPerMm, draws, classes = {} } = config;
  const { seed, role, reads, cache } = context;
  const dose = insertion && { dose: insertion.dose, ...insertion.options };
  if (dose !== undefined) checkSpreads("low-dose insertion", doseParameters, dose);
  const tasks = groups.flatMap(({ images }) =>
    Array.from(
      { length: draws },
      (_, number): InsertTask => ({
        images: Object.fromEntries(
          Object.entries(images).map(([field, { image }]) => [field, image]),
        ),
        names: classes,
        ...(dose === undefined ? {} : { dose }),
        ...(signal === undefined ? {} : { signal }),
        present,
        ...(halfCyclesPerMm === undefined ? {} : { halfCyclesPerMm }),
        seed,
        role,
        number,
        again: reads.includes("again"),
      }),
    ),
  );
  const weight = config.weight / tasks.length;
  const samples = new Array<Sample>(tasks.length);
  // A lesion alone is drawn faster than it is read.
  const scanOptions = { ...context, cache: dose === undefined ? undefined : cache };
  const { drawn } = await openScans(tasks, scanOptions, (scan, i, kept) => {
    const { name, images } = groups[Math.floor(i / draws)]!;
    const { memory } = context;
    const own = { config: { ...config, weight }, name, bears: bearsOf?.(name), kept, memory };
    const { spacing, ...sample } = sampleOfScan(scan, own);
    samples[i] = {
      ...sample,
      ...(spacing !== undefined && firstOf(images).spacingKnown ? { spacing } : {}),
      ...(scan.clean === undefined ? { sigma: sigmaOf(images) } : {}),
    };
  });
  return {
    samples,
    notes: drawn === 0 ? [] : [`drew ${drawn} of ${tasks.length} images of ${context.what}`],
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

function checkDomain({ planes, name }: Sample, model: NoiseModel): void {
  if (model.domain === "any") return;
  for (const plane of planes.clean!) {
    const least = plane.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    if (least < 0) {
      throw new InputError(
        `Cannot add noise ${model.name} to ${name}: found the value ${least}, wanted no negative one`,
      );
    }
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
