/**
 * Lower doses and lesions put into images that are given, as scans: the image, with a lesion where there is one, is
 * what is known without noise (or with the image's own), and the same at a lower dose is noisy.
 */
import { sha256 } from "../../core/checksum.ts";
import { type Image, layoutOf, withData } from "../../core/image.ts";
import { resolveParameters } from "../../core/parameters.ts";
import { type Stream, streamOf } from "../../core/random.ts";
import { openSignals, type SignalDescription, type Spreads } from "../../cases/index.ts";
import { insertNoise } from "../../cases/insert-noise.ts";
import { drawSpreads } from "../../cases/spread.ts";
import { addSignal, blurSignal, gaussianTransfer } from "../../phantoms/insert.ts";
import { lowDoseParameters } from "../../physics/low-dose.ts";
import { canonical, placesOf, type Scan } from "./scan.ts";

/** Grows with every change of the numbers, as `scanVersion`. */
const insertedVersion = 1;

export interface InsertTask {
  /** Of one grid; a lesion goes into all of them, noise into the clean one. */
  readonly images: Readonly<Partial<Record<"noisy" | "clean" | "again" | "labels", Image>>>;
  /** Names of the values of labels. */
  readonly names: Readonly<Record<number, string>>;
  /** Dose and the scanner's options, drawn for every scan. */
  readonly dose?: Spreads;
  readonly signal?: SignalDescription;
  /** Share of the scans with the signal. */
  readonly present: number;
  /** Cycles per mm at which the scan shows half of a lesion's contrast; lesions are not blurred where absent. */
  readonly halfCyclesPerMm?: number;
  readonly seed: number;
  readonly role: "train" | "validation";
  /** Which drawing of the image, from 0. */
  readonly number: number;
  readonly again: boolean;
}

/** Images by their values, so that a file that is moved keeps its scans. */
function identity({ images, ...rest }: InsertTask): string {
  const hashes = Object.entries(images).map(([field, image]) => {
    const { data, shape, spacing, unit } = image;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [field, { data: sha256(bytes), shape, spacing, unit }];
  });
  return canonical({ ...rest, images: Object.fromEntries(hashes), insertedVersion });
}

export const insertedKey = (task: InsertTask): string => sha256(identity(task));

/** @throws InputError where the scanner cannot see the image, or the lesion finds no place */
export async function drawInserted(task: InsertTask): Promise<Scan> {
  const { images, names, dose, seed, role } = task;
  const stream = streamOf(seed, role, "inserted", identity(task));
  const first = (images.clean ?? images.noisy)!;
  const lesion = await lesionOf(task, { image: first, stream });
  const withLesion = (image: Image | undefined) =>
    image === undefined || lesion?.values === undefined ? image : addSignal(image, lesion.values);
  const clean = withLesion(images.clean);
  const options =
    dose === undefined ? undefined : drawSpreads(stream.child("dose"), dose, doseParameters);
  const [noisy, again] =
    options === undefined || clean === undefined
      ? [withLesion(images.noisy), withLesion(images.again)]
      : await lowered(clean, { options, again: task.again, stream });
  const { nz, ny, nx } = layoutOf(first);
  return {
    shape: [nz, ny, nx],
    ...(noisy === undefined ? {} : { noisy: noisy.data }),
    ...(clean === undefined ? {} : { clean: clean.data }),
    ...(again === undefined ? {} : { again: again.data }),
    ...(images.labels === undefined ? {} : { labels: images.labels.data }),
    names,
    ...(lesion === undefined ? {} : { signal: { present: lesion.present, ...lesion.places } }),
    unit: first.unit,
    spacing: first.spacing,
    drawn: { dose: options ?? {}, signal: lesion?.drawn ?? {} },
  };
}

export const doseParameters = {
  dose: { type: "number", unit: "1", min: 1e-3, max: 1, about: "Fraction of the image's dose" },
  ...lowDoseParameters,
} as const;

async function lowered(
  image: Image,
  {
    options,
    again,
    stream,
  }: {
    options: ReturnType<typeof drawSpreads>;
    again: boolean;
    stream: Stream;
  },
): Promise<readonly [Image, Image | undefined]> {
  const { dose, ...given } = options;
  resolveParameters("low-dose insertion", lowDoseParameters, given);
  const shared = { dose: dose as number, threads: 1 };
  const one = await insertNoise(image, {
    ...shared,
    parameters: given,
    seed: stream.child("noise").uint32(),
  });
  if (!again) return [one.image, undefined];
  // The quanta were found once: both images are of one scanner.
  const parameters = { ...given, photons: one.quanta.photons };
  const two = await insertNoise(image, {
    ...shared,
    parameters,
    seed: stream.child("again").uint32(),
  });
  return [one.image, two.image];
}

async function lesionOf(
  { signal, present, halfCyclesPerMm, images, names, seed }: InsertTask,
  { image, stream }: { image: Image; stream: Stream },
) {
  if (signal === undefined) return undefined;
  const signals = await openSignals(signal, () => streamOf(seed, "signal"));
  const object = {
    image,
    names,
    ...(images.labels === undefined ? {} : { labels: images.labels }),
  };
  const placed = signals.draw(object, stream.child("signal"));
  const holds = stream.child("present").uniform() < present;
  const values = holds ? placed.values() : undefined;
  return {
    present: holds,
    places: placesOf(placed.centre, placed.expected),
    values:
      values === undefined || halfCyclesPerMm === undefined
        ? values
        : blurSignal(withData(image, values), values, {
            transfer: gaussianTransfer(halfCyclesPerMm),
          }),
    drawn: holds ? { signal: placed.name, ...placed.parameters } : {},
  };
}
