/** Every image of a path through some work, each written to its place. */
import { join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { InputImage, InputOptions } from "./input.ts";
import { openInput } from "./open-input.ts";
import {
  checkFolder,
  checkPlaces,
  namesFile,
  outputFile,
  type OutputOptions,
  writeFolder,
} from "./output.ts";

/** Where images come from and where they go. */
export interface FilesOptions extends WorkOptions, InputOptions, OutputOptions {}

export interface EachOptions extends FilesOptions {
  readonly input: string;
  readonly output: string;
  /** A further file that the work writes when all images are there. */
  readonly figure?: string | undefined;
  /** What is done, for the error of a cancelled call. */
  readonly doing: string;
}

export interface EachResult {
  readonly outputs: readonly string[];
  /** What opening the input had to say. */
  readonly notes: readonly string[];
}

/**
 * Opens a file, a series or every image of a folder, and hands each to the work with the place where its
 * result belongs. A folder appears with all its files or not at all.
 *
 * @param work writes one image and returns the paths that it wrote
 * @throws InputError when an output cannot be written to, before any work
 */
export async function eachImage(
  { input, output, figure, doing, ...options }: EachOptions,
  work: (image: InputImage, target: string, index: number) => Promise<readonly string[]>,
): Promise<EachResult> {
  const { force = false, signal } = options;
  const further = figure === undefined ? [] : [{ path: figure, option: "figure" }];
  // Whether the output is a file or a folder is not known before the input is; being an input is wrong for both.
  await checkPlaces([{ path: output, option: "output" }, ...further], { inputs: [input], force });
  const { kind, images, notes } = await openInput(input, options);
  const [first] = images;
  if (first === undefined) throw new InputError(`Cannot work on ${input}: found no image in it`);
  const asFile =
    kind === "file" || (images.length === 1 && first.series && (await namesFile(output)));
  if (asFile) {
    const target = await outputFile(output, input, { force });
    await checkPlaces([{ path: target, option: "output" }, ...further], { force });
    throwIfAborted(signal, doing);
    return { outputs: await work(first, target, 0), notes };
  }
  await checkFolder(output, { force });
  const outputs = await writeFolder(
    output,
    async (folder) => {
      const written: string[] = [];
      for (const [i, image] of images.entries()) {
        throwIfAborted(signal, doing);
        const paths = await work(image, image.series ? folder : join(folder, image.name), i);
        written.push(...paths.map((path) => join(output, path.slice(folder.length + 1))));
      }
      return written;
    },
    { force },
  );
  return { outputs, notes };
}
