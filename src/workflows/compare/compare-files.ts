/** A comparison on a path, with its report in a folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { sumsName } from "../../study/render/report-sums.ts";
import { writeReport } from "../../study/render/write-report.ts";
import type { InputOptions } from "../input.ts";
import { openImages, type OpenedImage } from "../open-images.ts";
import { checkFolder, type OutputOptions, writeFiles } from "../output.ts";
import { compare, type CompareOptions } from "./compare.ts";
import { piecesIn } from "./pieces.ts";
import type { Place } from "./places.ts";
import { windowOf } from "./figures.ts";
import { readingPage } from "./reading-page.ts";
import { compareReport } from "./report.ts";
import type { CompareResult } from "./result.ts";

export interface CompareFilesOptions
  extends Omit<
      CompareOptions,
      "doseImages" | "repeat" | "truth" | "places" | "padding" | "pieces" | "lookFor"
    >,
    InputOptions,
    OutputOptions {
  /** Part of the name of the series of a folder that holds several. */
  readonly series?: string | undefined;
  readonly lookFor?: Omit<NonNullable<CompareOptions["lookFor"]>, "mask">;
  /** Image of a signal of one's own. */
  readonly mask?: string | undefined;
  /** Paths of images that were acquired at lower doses. */
  readonly dosePaths?: readonly { readonly dose: number; readonly path: string }[];
  readonly repeat?: string | undefined;
  readonly truth?: string | undefined;
  /** Table with the columns slice, row and column. */
  readonly places?: string | undefined;
  /** The command line, for the report. */
  readonly command?: string | undefined;
  /** A report without pictures of the images. */
  readonly withoutImages?: boolean | undefined;
}

export interface CompareFilesReport {
  readonly result: CompareResult;
  readonly outputs: readonly string[];
  /** The page to open. */
  readonly page: string;
}

const piecesFolder = "pieces";
const readingName = "reading.html";

/** What `compareFiles` itself leaves in its folder. */
const own = (names: readonly string[]): boolean =>
  names.every(
    (name) =>
      /^(report\.(md|html|json)|tables|figures|pieces|reading\.html)$/.test(name) ||
      name === sumsName,
  );

/**
 * Compares on the images of a file or series and writes the report. Pieces of work stay in the folder, so that a
 * killed comparison goes on and a further method costs its own time alone.
 *
 * @param output folder of the report
 * @throws InputError before any work when the folder holds something else, or a path several images; as `compare`
 */
export async function compareFiles(
  input: string,
  output: string,
  options: CompareFilesOptions,
): Promise<CompareFilesReport> {
  const {
    dosePaths = [],
    repeat,
    truth,
    places,
    mask,
    lookFor,
    command,
    withoutImages,
    series: name,
    ...rest
  } = options;
  await checkFolder(output, { ...options, own });
  const read = (path: string) => oneImage(path, { ...options, series: undefined });
  const series = await oneImage(input, { ...options, series: name });
  const given: { dose: number; image: Image }[] = [];
  for (const { dose, path } of dosePaths) given.push({ dose, image: (await read(path)).image });
  const { result, scene } = await compare(series.image, {
    ...rest,
    ...(given.length > 0 ? { doseImages: given } : {}),
    ...(repeat === undefined ? {} : { repeat: (await read(repeat)).image }),
    ...(truth === undefined ? {} : { truth: (await read(truth)).image }),
    ...(places === undefined ? {} : { places: placesOf(places, await textOf(places)) }),
    lookFor: { ...lookFor, ...(mask === undefined ? {} : { mask: (await read(mask)).image }) },
    padding: series.padding,
    pieces: piecesIn(join(output, piecesFolder)),
  });
  const whole: CompareResult = {
    ...result,
    notes: [...series.notes, ...modalityNotes(series), ...result.notes],
  };
  const reading = withoutImages === true ? undefined : readingName;
  const report = compareReport(whole, scene, {
    title: `Comparison on ${series.name}`,
    command,
    withoutImages,
    reading,
  });
  const outputs = await writeReport(report, output);
  if (reading !== undefined) {
    const page = readingPage(whole, scene, {
      title: `Reading on ${series.name}`,
      windowAt: (at) => windowOf(whole, scene, at),
      seed: whole.seed,
    });
    const path = join(output, reading);
    await writeFiles([{ path, bytes: new TextEncoder().encode(page) }]);
    outputs.push(path);
  }
  return { result: whole, outputs, page: join(output, "report.html") };
}

async function oneImage(path: string, options: CompareFilesOptions): Promise<OpenedImage> {
  const { signal, inputFormat, unit, gaps } = options;
  const images = await openImages(path, {
    ...(signal ? { signal } : {}),
    ...(inputFormat === undefined ? {} : { inputFormat }),
    ...(unit === undefined ? {} : { unit }),
    ...(gaps === undefined ? {} : { gaps }),
  });
  const { series } = options;
  const named = images.filter((image) => series === undefined || image.name.includes(series));
  const [first] = named;
  if (first === undefined || named.length > 1) {
    const names = images.map((image) => image.name).join(", ");
    throw new InputError(
      series === undefined
        ? `Cannot compare on ${path}: found ${images.length} images (${names}), wanted one; say which by a part of its name (option series)`
        : `Cannot compare on ${path}: found ${named.length} images with "${series}" in their name, of ${names}, wanted one`,
    );
  }
  return first;
}

/** What the modality says about a comparison's numbers. */
function modalityNotes({ modality }: OpenedImage): string[] {
  switch (modality) {
    case "PT":
    case "NM":
      return [
        "emission images: noise follows the counts, and signals are added to the images and not to the counts; doses are not lowered",
      ];
    case "US":
      return [
        "ultrasound: a lesion changes the speckle, and is no signal on top of it: trust contrast kept more than the AUC",
      ];
    default:
      return [];
  }
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(
      `Cannot read places from ${path}: found no file that can be read, wanted a table`,
      {
        cause: error,
      },
    );
  });
}

/** @throws InputError on a table without the columns slice, row and column, or cells that are no whole numbers */
function placesOf(path: string, text: string): Place[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const header = (lines[0] ?? "").split(/[,;\t]/).map((name) => name.trim().toLowerCase());
  const at = ["slice", "row", "column"].map((name) => header.indexOf(name));
  if (at.some((i) => i < 0)) {
    throw new InputError(
      `Cannot read places from ${path}: found the header "${lines[0] ?? ""}", wanted slice,row,column`,
    );
  }
  return lines.slice(1).map((line, n) => {
    const cells = line.split(/[,;\t]/);
    const [slice, row, column] = at.map((i) => Number((cells[i] ?? "").trim() || NaN)) as [
      number,
      number,
      number,
    ];
    if (![slice, row, column].every(Number.isInteger)) {
      throw new InputError(
        `Cannot read places from ${path}: found "${line}" in line ${n + 2}, wanted three whole numbers`,
      );
    }
    return { slice, row, column };
  });
}
