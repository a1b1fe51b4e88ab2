/** An image and its reference, or a folder of them matched by name, and regions for metrics. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { joinedPadding } from "../denoise/constant-padding.ts";
import {
  formatOfName,
  type OpenOptions,
  openOne,
  type Skipped,
  skippedText,
  walkFolder,
} from "../files/files.ts";
import type { DecodedImage } from "../formats/format.ts";
import { type Region, regionOfMask, regionOfShape } from "../metrics/region.ts";
import { unmeasured } from "./input.ts";

export interface MetricPair {
  readonly name: string;
  load(): Promise<LoadedPair>;
}

export interface LoadedPair {
  readonly image: Image;
  readonly reference?: Image;
  /** One byte per pixel, 1 where either holds no measurement. */
  readonly padding?: Uint8Array;
}

export interface MetricPairs {
  readonly items: readonly MetricPair[];
  readonly notes: readonly string[];
}

async function kindOf(path: string): Promise<"file" | "folder"> {
  const found = await stat(path).catch((error: unknown) => {
    throw new InputError(`Cannot measure ${path}: found no such file or folder, wanted images`, {
      cause: error,
    });
  });
  return found.isDirectory() ? "folder" : "file";
}

/** Name without its extension: the same image in two formats has one. */
const stem = (name: string): string => name.replace(/\.gz$/i, "").replace(/\.[^./]+$/, "");

async function imageFiles(folder: string, notes: string[]): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  const skip = ({ name, reason }: Skipped) =>
    notes.push(skippedText({ name: join(folder, name), reason }));
  for (const name of await walkFolder(folder, skip)) {
    if ((await formatOfName(name)) === undefined && !/(^|\/)[^.]+$/.test(name)) continue;
    out.set(stem(name), name);
  }
  return out;
}

type Padded = Pick<DecodedImage, "image" | "padded">;

const only = (path: string, options: OpenOptions): Promise<Padded> =>
  openOne(path, { ...options, use: "measure" });

/** What is measured, and where either of the two holds no measurement. */
function pairOf(own: Padded, reference?: Padded): LoadedPair {
  const padding = joinedPadding(
    unmeasured(own),
    // Of another size there is nothing to measure, which the metrics say.
    reference !== undefined && reference.image.data.length === own.image.data.length
      ? unmeasured(reference)
      : undefined,
  );
  return {
    image: own.image,
    ...(reference ? { reference: reference.image } : {}),
    ...(padding ? { padding } : {}),
  };
}

/**
 * Pairs to measure: two files, or two folders matched by file name (a reference file serves all images of
 * a folder).
 *
 * @throws InputError when an image has no partner, or a folder holds none
 */
export async function pairsOf(
  path: string,
  reference: string | undefined,
  options: OpenOptions = {},
): Promise<MetricPairs> {
  if ((await kindOf(path)) === "file") {
    if (reference !== undefined && (await kindOf(reference)) === "folder") {
      throw new InputError(
        `Cannot compare a file with a folder: found ${path} and ${reference}, wanted two of a kind`,
      );
    }
    return {
      items: [
        {
          name: path,
          load: async () =>
            pairOf(
              await only(path, options),
              reference === undefined ? undefined : await only(reference, options),
            ),
        },
      ],
      notes: [],
    };
  }
  const notes: string[] = [];
  const own = await imageFiles(path, notes);
  if (own.size === 0)
    throw new InputError(`Cannot measure ${path}: found no image in it, wanted at least one`);
  const folder = reference !== undefined && (await kindOf(reference)) === "folder";
  const others = folder ? await imageFiles(reference, notes) : undefined;
  if (others) {
    const lone = [...own.keys()].filter((name) => !others.has(name));
    if (lone.length > 0) {
      throw new InputError(
        `Cannot compare folders: found ${lone.length} images without a reference of the same name (${lone.slice(0, 3).join(", ")}${lone.length > 3 ? ", …" : ""}), wanted one for each`,
      );
    }
    const unused = [...others.keys()].filter((name) => !own.has(name)).length;
    if (unused > 0) {
      notes.push(
        skippedText({
          name: `${unused} references`,
          reason: "found no image of the same name",
        }),
      );
    }
  }
  const items = [...own].map(
    ([name, file]): MetricPair => ({
      name,
      load: async () => {
        throwIfAborted(options.signal, `measuring ${path}`);
        const own = await only(join(path, file), options);
        if (others) return pairOf(own, await only(join(reference!, others.get(name)!), options));
        return pairOf(own, reference === undefined ? undefined : await only(reference, options));
      },
    }),
  );
  return { items, notes };
}

/** Region from a shape's text or from a mask image's file. */
export async function regionFrom(
  text: string | undefined,
  image: Image,
): Promise<Region | undefined> {
  if (text === undefined) return undefined;
  if (/^(disk|rectangle|box|ball):/.test(text)) return regionOfShape(text, image);
  return regionOfMask((await only(text, {})).image, { name: text });
}
