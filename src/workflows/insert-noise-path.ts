/** Low-dose insertion from path to path. */
import { join } from "node:path";
import { throwIfAborted } from "../core/errors.ts";
import { layoutOf, withData, type Image } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import { defaultThreads } from "../parallel/index.ts";
import { insertLowDose, lowDoseParameters } from "../physics/low-dose.ts";
import { openWork } from "./open-work.ts";
import { checkPlace, namesFile, outputFile, writeFolder } from "./output-place.ts";

export interface InsertNoiseOptions extends WorkOptions {
  readonly input: string;
  readonly output: string;
  readonly dose: number;
  readonly seed: number;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly threads?: number;
  readonly inputFormat?: string;
}

export interface InsertNoiseReport {
  readonly dose: number;
  readonly seed: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly images: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    /** Standard deviation of the added noise in HU, in the middle quarter of the slices. */
    readonly addedSd: number;
    readonly seconds: number;
  }[];
  readonly outputs: readonly string[];
  readonly notes: readonly string[];
}

/** Reads, inserts and writes a file, a series or every image of a folder. */
export async function insertNoisePath(options: InsertNoiseOptions): Promise<InsertNoiseReport> {
  const parameters = resolveParameters(
    "low-dose insertion",
    lowDoseParameters,
    options.parameters ?? {},
  );
  await checkPlace(options.output);
  const work = await openWork(options.input, { format: options.inputFormat });
  const images: InsertNoiseReport["images"][number][] = [];
  const notes = [...work.notes];
  const one = async (index: number, target: string): Promise<readonly string[]> => {
    const item = work.items[index]!;
    throwIfAborted(options.signal, "inserting noise");
    const read = await item.open({ signal: options.signal });
    const started = performance.now();
    const low = await insertLowDose(read.image, {
      dose: options.dose,
      stream: streamOf(options.seed, "insert-noise", index),
      parameters,
      threads: options.threads ?? defaultThreads(),
      signal: options.signal,
      onProgress: options.onProgress,
    });
    const { isPadding } = read;
    const kept = isPadding
      ? withData(
          low.image,
          low.image.data.map((v, i) => (isPadding(i) ? read.image.data[i]! : v)),
        )
      : low.image;
    images.push({
      name: item.name,
      shape: read.image.shape,
      addedSd: middleDeviation(read.image, low.image),
      seconds: (performance.now() - started) / 1000,
    });
    const saved = await read.save(target, kept, {
      method: "low-dose insertion",
      parameters: { ...parameters, dose: options.dose, seed: options.seed },
      signal: options.signal,
      onProgress: options.onProgress,
    });
    for (const [what, note] of Object.entries(low.notes)) notes.push(`${what}: ${note}`);
    notes.push(...read.notes, ...saved.lost);
    return saved.paths;
  };
  const first = work.items[0]!;
  const asFile =
    work.kind === "file" ||
    (work.items.length === 1 && first.series && (await namesFile(options.output)));
  const outputs = asFile
    ? await one(0, await outputFile(options.output, options.input))
    : await writeFolder(options.output, async (folder) => {
        const written: string[] = [];
        for (const [i, item] of work.items.entries()) {
          const paths = await one(i, item.series ? folder : join(folder, item.name));
          written.push(...paths.map((path) => join(options.output, path.slice(folder.length + 1))));
        }
        return written;
      });
  return {
    dose: options.dose,
    seed: options.seed,
    parameters,
    images,
    outputs,
    notes: [...new Set(notes)],
  };
}

/** Standard deviation of the difference in the middle half of rows and columns. */
function middleDeviation(before: Image, after: Image): number {
  const { nz, ny, nx } = layoutOf(before);
  let sum = 0;
  let square = 0;
  let count = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = Math.floor(ny / 4); j < Math.ceil((3 * ny) / 4); j++) {
      for (let i = Math.floor(nx / 4); i < Math.ceil((3 * nx) / 4); i++) {
        const at = (k * ny + j) * nx + i;
        const d = after.data[at]! - before.data[at]!;
        sum += d;
        square += d * d;
        count++;
      }
    }
  }
  return Math.sqrt(Math.max(0, square / count - (sum / count) ** 2));
}
