/** Simulated cases in a folder, with their truth and a manifest. */
import { join } from "node:path";
import { layoutOf, sliceOf, type Image } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { writeNewDicom } from "../dicom/create.ts";
import { makeFolders, saveImage, writeWhole } from "../files/files.ts";
import { checkFolder, type OutputOptions, writeFolder } from "./output.ts";
import { openSimulation, simulate, type SimulatedCase, type SimulateOptions } from "./simulate.ts";

/** @typeParam Preset phantom and acquisition, whose parameters are checked by the compiler */
export interface SimulateFilesOptions<Preset extends string = string>
  extends SimulateOptions<Preset>,
    OutputOptions {
  /** File format of the images. Defaults to `nifti`. */
  readonly outputFormat?: "dicom" | "nifti" | "npy";
}

export interface WrittenCase {
  /** From 1. */
  readonly case: number;
  /** Paths below the folder: object, noisy image, noise-free reference, labels. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  readonly truth: SimulatedCase["truth"];
  readonly notes: SimulatedCase["notes"];
}

export interface SimulateReport {
  readonly phantom: string;
  readonly acquisition: string;
  readonly seed: number;
  readonly phantomParameters: ParameterValues;
  readonly parameters: ParameterValues;
  readonly unit: string;
  readonly labels: Readonly<Record<number, string>>;
  readonly cases: readonly WrittenCase[];
  readonly notes: readonly string[];
}

const endings: Readonly<Record<string, string>> = { nifti: ".nii.gz", npy: ".npy" };

/**
 * Draws, images and writes cases; the folder appears whole or not at all.
 *
 * @param folder new or empty
 * @throws InputError as `simulate`, or when the folder holds anything else
 */
export async function simulateFiles<const Preset extends string>(
  preset: Preset,
  folder: string,
  options: SimulateFilesOptions<Preset> = {},
): Promise<SimulateReport> {
  const { seed = 1, outputFormat: format = "nifti", force = false } = options;
  await checkFolder(folder, { force });
  const opened = await openSimulation(preset, options);
  const { phantom, acquisition, phantomParameters, parameters } = opened;
  const notes = new Set<string>();
  // Everything that decides the values also decides the unique identifiers.
  const identity = JSON.stringify([preset, seed, phantomParameters, parameters]);
  const fill = async (part: string): Promise<WrittenCase[]> => {
    const written: WrittenCase[] = [];
    for await (const one of simulate(preset, options)) {
      const name = `case_${String(one.number).padStart(5, "0")}`;
      const { object, noisy, reference, labels } = one;
      const images: Record<string, Image | undefined> = { object, noisy, reference, labels };
      const files: Record<string, readonly string[]> = {};
      for (const [kind, image] of Object.entries(images)) {
        if (image === undefined) continue;
        const saved = await save(image, {
          folder: part,
          name,
          kind,
          format,
          identity,
          seriesNumber: Object.keys(images).indexOf(kind) + 1,
        });
        files[kind] = saved.paths.map((path) => path.slice(part.length + 1));
        for (const note of saved.lost) notes.add(note);
      }
      written.push({ case: one.number, files, truth: one.truth, notes: one.notes });
    }
    const manifest = {
      phantom: phantom.name,
      acquisition: acquisition.name,
      seed,
      phantomParameters,
      parameters,
      labels: phantom.labels,
      cases: written,
    };
    const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
    await writeWhole([{ path: join(part, "manifest.json"), bytes }]);
    return written;
  };
  const cases = await writeFolder(folder, fill, { force });
  return {
    phantom: phantom.name,
    acquisition: acquisition.name,
    seed,
    phantomParameters,
    parameters,
    unit: phantom.unit,
    labels: phantom.labels,
    cases,
    notes: [...notes],
  };
}

/** A date that says nothing new keeps the same seed to the same bytes. */
const fixedDate = new Date(Date.UTC(2000, 0, 1));

interface Place {
  readonly folder: string;
  /** Folder of the case. */
  readonly name: string;
  /** Object, noisy image, reference or labels: a series of the case's study. */
  readonly kind: string;
  readonly format: string;
  readonly identity: string;
  readonly seriesNumber: number;
}

async function save(
  image: Image,
  { folder, name, kind, format, identity, seriesNumber }: Place,
): Promise<{ paths: readonly string[]; lost: readonly string[] }> {
  const path = join(folder, name, kind);
  await makeFolders(join(folder, name));
  if (format !== "dicom") {
    const { paths, lost } = await saveImage(`${path}${endings[format]!}`, image);
    return { paths, lost };
  }
  const { blocks, nz } = layoutOf(image);
  const slices = blocks * nz;
  const paths: string[] = [];
  const lost = new Set<string>();
  const uid = (...of: (string | number)[]): string => simulatedUid(identity, name, ...of);
  for (let k = 0; k < slices; k++) {
    const { bytes, notes } = await writeNewDicom(sliceOf(image, k), {
      synthetic: true,
      description: `${name}/${kind}, simulated by dprime`,
      seriesDescription: kind,
      patientId: name,
      studyUid: uid("study"),
      seriesUid: uid("series", kind),
      frameOfReferenceUid: uid("frame"),
      sopInstanceUid: uid("instance", kind, k),
      seriesNumber,
      instanceNumber: k + 1,
      date: fixedDate,
    });
    const file = slices === 1 ? `${path}.dcm` : `${path}_${String(k + 1).padStart(4, "0")}.dcm`;
    await writeWhole([{ path: file, bytes }]);
    paths.push(file);
    for (const note of notes) lost.add(note);
  }
  return { paths, lost: [...lost] };
}

/** A unique identifier for these words, as of a UUID made from a name (2.25, version and variant bits set). */
function simulatedUid(...words: (string | number)[]): string {
  const stream = streamOf(0, "uid", ...words);
  let value = 0n;
  for (let n = 0; n < 4; n++) value = (value << 32n) | BigInt(stream.uint32());
  const version = 0xfn << 76n;
  const variant = 0x3n << 62n;
  return `2.25.${(value & ~version & ~variant) | (0x8n << 76n) | (0x2n << 62n)}`;
}
