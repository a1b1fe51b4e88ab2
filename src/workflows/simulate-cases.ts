/** Cases of a phantom and an acquisition, written to a folder with their truth and a manifest. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import { layoutOf, sliceOf, type Image } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import { resolveParameters } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import { writeNewDicom } from "../dicom/create.ts";
import { saveImage, writeWhole } from "../files/files.ts";
import { defaultThreads } from "../parallel/index.ts";
import { catalogue as phantoms } from "../phantoms/catalogue.ts";
import type { Phantom } from "../phantoms/phantom.ts";
import { catalogue as acquisitions } from "../physics/catalogue.ts";
import type { Acquisition } from "../physics/acquisition.ts";
import { checkPlace, writeFolder } from "./output-place.ts";

export interface SimulateOptions extends WorkOptions {
  /** `phantom` or `phantom+acquisition`. */
  readonly preset: string;
  readonly output: string;
  readonly count: number;
  readonly seed: number;
  readonly dose?: number;
  /** `dicom`, `nifti` or `npy`. */
  readonly format: string;
  readonly phantomParameters?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly threads?: number;
}

export interface SimulatedCase {
  readonly case: number;
  /** Paths below the folder: object, noisy image, noise-free reference, labels. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  readonly truth: Readonly<Record<string, unknown>>;
  readonly notes: Readonly<Record<string, unknown>>;
}

export interface SimulateReport {
  readonly phantom: string;
  readonly acquisition: string;
  readonly seed: number;
  readonly phantomParameters: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly unit: string;
  readonly labels: Readonly<Record<number, string>>;
  readonly cases: readonly SimulatedCase[];
  readonly notes: readonly string[];
}

const endings: Readonly<Record<string, string>> = { nifti: ".nii.gz", npy: ".npy" };

/** Phantom and acquisition that a preset names. */
export async function openPreset(
  preset: string,
): Promise<{ phantom: Phantom; acquisition: Acquisition }> {
  const [first = "", second, ...others] = preset.split("+");
  if (others.length > 0) {
    throw new InputError(
      `Cannot simulate ${preset}: found ${others.length + 2} parts, wanted PHANTOM or PHANTOM+ACQUISITION`,
    );
  }
  const cannot = `Cannot simulate ${preset}: found no`;
  const phantom = await openMember<Phantom>(phantoms, first, `${cannot} phantom "${first}"`);
  const name = second ?? phantom.acquisition;
  const acquisition = await openMember<Acquisition>(
    acquisitions,
    name,
    `${cannot} acquisition "${name}"`,
  );
  return { phantom, acquisition };
}

/** Draws, images and writes `count` cases; the folder appears whole or not at all. */
export async function simulateCases(options: SimulateOptions): Promise<SimulateReport> {
  const { phantom, acquisition } = await openPreset(options.preset);
  const phantomParameters = resolveParameters(
    phantom.name,
    phantom.parameters,
    options.phantomParameters,
  );
  const dose =
    options.dose === undefined
      ? {}
      : Object.hasOwn(acquisition.parameters, "dose")
        ? { dose: options.dose }
        : refuseDose(acquisition);
  const parameters = resolveParameters(acquisition.name, acquisition.parameters, {
    ...options.parameters,
    ...dose,
  });
  await checkPlace(options.output);
  const notes = new Set<string>();
  const threads = options.threads ?? defaultThreads();
  // Everything that decides the values also decides the unique identifiers.
  const identity = JSON.stringify([options.preset, options.seed, phantomParameters, parameters]);
  const cases = await writeFolder(options.output, async (folder) => {
    const written: SimulatedCase[] = [];
    for (let n = 0; n < options.count; n++) {
      throwIfAborted(options.signal, "simulating");
      const stream = streamOf(options.seed, "simulate", options.preset, n);
      const drawn = phantom.draw(stream.child("object"), phantomParameters);
      const acquired = await acquisition.acquire(
        drawn.image,
        stream.child("acquisition"),
        parameters,
        { threads, reference: true, signal: options.signal },
      );
      const name = `case_${String(n + 1).padStart(5, "0")}`;
      const images: Record<string, Image | undefined> = {
        object: drawn.image,
        noisy: acquired.image,
        reference: acquired.reference,
        labels: drawn.labels,
      };
      const files: Record<string, readonly string[]> = {};
      for (const [kind, image] of Object.entries(images)) {
        if (image === undefined) continue;
        const saved = await save(image, {
          folder,
          name,
          kind,
          format: options.format,
          identity,
          seriesNumber: Object.keys(images).indexOf(kind) + 1,
        });
        files[kind] = saved.paths.map((path) => path.slice(folder.length + 1));
        for (const note of saved.lost) notes.add(note);
      }
      written.push({ case: n + 1, files, truth: drawn.truth, notes: acquired.notes });
      options.onProgress?.({ done: n + 1, total: options.count, label: "simulating cases" });
    }
    const manifest = {
      phantom: phantom.name,
      acquisition: acquisition.name,
      seed: options.seed,
      phantomParameters,
      parameters,
      labels: phantom.labels,
      cases: written,
    };
    const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
    await writeWhole([{ path: join(folder, "manifest.json"), bytes }]);
    return written;
  });
  return {
    phantom: phantom.name,
    acquisition: acquisition.name,
    seed: options.seed,
    phantomParameters,
    parameters,
    unit: phantom.unit,
    labels: phantom.labels,
    cases,
    notes: [...notes],
  };
}

function refuseDose(acquisition: Acquisition): never {
  throw new InputError(
    `Cannot set a dose for ${acquisition.name}: found no such parameter, wanted one of ${Object.keys(acquisition.parameters).join(", ")} by --param`,
  );
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
  await mkdir(join(folder, name), { recursive: true });
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
      description: `dprime simulate ${name}/${kind}`,
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
