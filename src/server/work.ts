/**
 * The heavy part of jobs, in worker threads, so that the server answers meanwhile: files are read and decoded here, and
 * what a viewer needs is written beside their documents.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../core/checksum.ts";
import { InputError, RunError } from "../core/errors.ts";
import { withData } from "../core/image.ts";
import type { Progress } from "../core/progress.ts";
import type { LongTaskContext, LongWorkerFunction } from "../parallel/index.ts";
import type { InputImage, ReadImage } from "../workflows/input.ts";
import { openInput } from "../workflows/open-input.ts";
import { denoiseForView } from "../workflows/view/denoise-request.ts";
import type { DenoisedFacts, DenoiseRequest, ViewFacts } from "../workflows/view/documents.ts";
import {
  decodePlanes,
  type EncodedPlanes,
  encodePlanes,
} from "../workflows/view/plane-encoding.ts";
import { type ViewedImage, viewedImage } from "../workflows/view/viewed-image.ts";
import { thumbnailName, valuesName } from "./names.ts";

/** Where an image comes from: a path, which of its images, and what it held. */
export interface ImageSource {
  readonly path: string;
  readonly index: number;
  /** Of the values as a viewer gets them: another image may stand at that place by now. */
  readonly sha256: string;
}

/** An image that a job made, in the folder that it was written to. */
export interface MadeImage {
  readonly folder: string;
  readonly facts: ViewFacts;
  readonly source: ImageSource;
}

export interface OpenTask {
  readonly path: string;
  /** Folder into which a folder for each image goes. */
  readonly into: string;
}

export interface DenoiseTask {
  readonly source: ImageSource;
  readonly request: DenoiseRequest;
  readonly name: string;
  readonly into: string;
}

export interface SaveTask {
  readonly source: ImageSource;
  /** Folder of the image to save. */
  readonly folder: string;
  readonly facts: ViewFacts;
  readonly denoised: DenoisedFacts;
  /** Name of the file or, for a series, of the folder. */
  readonly name: string;
  readonly into: string;
}

const passOn = ({ signal, post }: LongTaskContext) => ({
  signal,
  onProgress: ({ done, total, label }: Progress) => post({ done, total, label }),
});

async function writeViewed(into: string, viewed: ViewedImage): Promise<string> {
  const folder = await mkdtemp(join(into, "part-"));
  await writeFile(join(folder, valuesName), bytesOf(viewed.encoded.values));
  await writeFile(join(folder, thumbnailName), viewed.thumbnail);
  return folder;
}

/** The image of a source, read anew. @throws InputError when another image stands there by now */
async function readAgain(
  { path, index, sha256: wanted }: ImageSource,
  context: LongTaskContext,
): Promise<ReadImage> {
  const { images } = await openInput(path);
  const read = await images[index]?.open(passOn(context));
  if (read === undefined || digestOf(encodePlanes(read.image)) !== wanted) {
    throw new InputError(
      "Cannot use the image again: found other values at its place than when it was opened, wanted the same; open it anew",
    );
  }
  return read;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: EncodedPlanes["values"]): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const digestOf = ({ values }: EncodedPlanes): string => sha256(bytesOf(values));

/** What the work of opening gives: a damaged file among others does not hide them. */
export interface Opened {
  readonly images: readonly MadeImage[];
  readonly notes: readonly string[];
}

/** @worker */
export async function openWork(
  { path, into }: OpenTask,
  context: LongTaskContext,
): Promise<Opened> {
  const { images, notes } = await openInput(path);
  const made: MadeImage[] = [];
  const refused: { readonly text: string; readonly error: unknown }[] = [];
  for (const [index, image] of images.entries()) {
    const read = await image.open(passOn(context)).catch((error: unknown) => {
      if (!(error instanceof InputError)) throw error;
      refused.push({ text: error.message.replaceAll(path, image.name), error });
      return undefined;
    });
    if (read === undefined) continue;
    const viewed = viewedImage(read.image, namedBy(image, read));
    const folder = await writeViewed(into, viewed);
    made.push({
      folder,
      facts: viewed.facts,
      source: { path, index, sha256: digestOf(viewed.encoded) },
    });
    context.post({ done: index + 1, total: images.length, label: "opening" });
  }
  if (made.length === 0 && refused.length > 0) throw refused[0]!.error;
  return { images: made, notes: [...notes, ...refused.map(({ text }) => text)] };
}

function namedBy(image: InputImage, { format, modality, notes }: ReadImage) {
  return { name: image.name, format, notes, ...(modality === undefined ? {} : { modality }) };
}

/** @worker */
export async function denoiseWork(
  { source, request, name, into }: DenoiseTask,
  context: LongTaskContext,
): Promise<MadeImage & { readonly denoised: DenoisedFacts }> {
  const read = await readAgain(source, context);
  const { image, denoised } = await denoiseForView(read, request, passOn(context));
  const { modality, format } = read;
  const viewed = viewedImage(image, {
    name,
    format,
    notes: denoised.notes,
    ...(modality === undefined ? {} : { modality }),
  });
  return { folder: await writeViewed(into, viewed), facts: viewed.facts, source, denoised };
}

/** What was saved: files below a folder that the caller takes and removes. */
export interface Saved {
  readonly folder: string;
  readonly files: readonly string[];
  readonly lost: readonly string[];
}

/** @worker */
export async function saveWork(task: SaveTask, context: LongTaskContext): Promise<Saved> {
  const { source, facts, denoised, into } = task;
  const read = await readAgain(source, context);
  const bytes = await readFile(join(task.folder, valuesName));
  const values = decodePlanes(facts.type, new Uint8Array(bytes).buffer);
  if (values.length !== read.image.data.length) {
    throw new RunError(
      `Cannot save: found ${values.length} values for ${read.image.data.length} of the original, wanted as many; the original was changed`,
    );
  }
  const folder = await mkdtemp(join(into, "save-"));
  try {
    const target = join(folder, task.name);
    await read.checkSave(target);
    const { lost } = await read.save(target, withData(read.image, values), {
      method: denoised.method,
      parameters: recorded(denoised),
      signal: context.signal,
    });
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    return { folder, files, lost };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function recorded({ parameters, sigma, sigmaUnit }: DenoisedFacts) {
  const own = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(own),
    sigma: Number(sigma.toPrecision(6)),
    ...(sigmaUnit === undefined ? {} : { sigmaUnit }),
  };
}

const inThisModule = <Task, Result>(
  name: string,
  run: (task: Task, context: LongTaskContext) => Promise<Result>,
): LongWorkerFunction<Task, Result> => ({ module: import.meta.url, name, run });

export const opening = inThisModule("openWork", openWork);
export const denoising = inThisModule("denoiseWork", denoiseWork);
export const saving = inThisModule("saveWork", saveWork);
