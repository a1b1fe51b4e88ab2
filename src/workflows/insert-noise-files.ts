/** Low-dose versions of a file, a series or a folder of CT images. */
import {
  type ParameterValues,
  type ParameterValuesOf,
  resolveParameters,
} from "../core/parameters.ts";
import { lowDoseParameters } from "../physics/low-dose.ts";
import { eachImage, type FilesOptions } from "./each-image.ts";
import { insertNoise, type Quanta } from "../cases/insert-noise.ts";

export interface InsertNoiseFilesOptions extends FilesOptions {
  /** Fraction of the images' own dose, above 0 and at most 1. */
  readonly dose: number;
  /** Defaults to 1. */
  readonly seed?: number;
  /** Of the scanner; without `photons` the quanta follow from each image's own noise. */
  readonly parameters?: Partial<ParameterValuesOf<typeof lowDoseParameters>>;
  readonly threads?: number | undefined;
}

export interface InsertNoiseReport {
  readonly dose: number;
  readonly seed: number;
  readonly parameters: ParameterValues;
  readonly images: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly quanta: Quanta;
    /** Noise of the image before, in HU. */
    readonly ownSd: number;
    /** Standard deviation of the added noise in HU, in the middle half of rows and columns. */
    readonly addedSd: number;
    readonly seconds: number;
  }[];
  readonly outputs: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Reads, inserts and writes a file, a series or every image of a folder.
 *
 * @throws InputError before any work when an output cannot be written to; whatever `insertNoise` throws
 */
export async function insertNoiseFiles(
  input: string,
  output: string,
  options: InsertNoiseFilesOptions,
): Promise<InsertNoiseReport> {
  const { dose, seed = 1, parameters = {}, threads, signal, onProgress } = options;
  const resolved = resolveParameters("low-dose insertion", lowDoseParameters, parameters);
  const images: InsertNoiseReport["images"][number][] = [];
  const notes: string[] = [];
  const { outputs, notes: opening } = await eachImage(
    { ...options, input, output, doing: "inserting noise" },
    async (item, target, index) => {
      const read = await item.open({ signal });
      await read.checkSave(target);
      const started = performance.now();
      const low = await insertNoise(read.image, {
        dose,
        seed,
        index,
        parameters,
        threads,
        padding: read.padding,
        signal,
        onProgress,
      });
      const { quanta, ownSd, addedSd } = low;
      const { name } = item;
      const { shape } = read.image;
      const seconds = (performance.now() - started) / 1000;
      images.push({ name, shape, quanta, ownSd, addedSd, seconds });
      const saved = await read.save(target, low.image, {
        method: "low-dose insertion",
        parameters: { ...low.parameters, dose, seed },
        signal,
        onProgress,
      });
      notes.push(...low.notes, ...read.notes, ...saved.lost);
      return saved.paths;
    },
  );
  // The quanta stand with each image where they were measured.
  const { photons: _, ...others } = resolved;
  return {
    dose,
    seed,
    parameters: parameters.photons === undefined ? others : resolved,
    images,
    outputs,
    notes: [...new Set([...opening, ...notes])],
  };
}
