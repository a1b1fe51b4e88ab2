/** An image and its reference, or a folder of them matched by name, and regions for metrics. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { formatOfName, openFile, type OpenOptions, openPath, walkFolder } from "../files/files.ts";
import { regionOfMask, regionOfShape } from "../metrics/region.ts";
import type { Region } from "../metrics/region.ts";

export interface MetricPair {
  readonly name: string;
  load(): Promise<{ image: Image; reference?: Image }>;
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

async function imageFiles(folder: string): Promise<Map<string, string>> {
  const out = new Map<string, string>();
  for (const name of await walkFolder(folder)) {
    if ((await formatOfName(name)) === undefined && !/(^|\/)[^.]+$/.test(name)) continue;
    out.set(stem(name), name);
  }
  return out;
}

async function only(path: string, options: OpenOptions): Promise<Image> {
  const { images } = await openPath(path, options);
  if (images.length !== 1) {
    throw new InputError(`Cannot measure ${path}: found ${images.length} images in it, wanted one`);
  }
  return images[0]!.image;
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
          load: async () => ({
            image: await only(path, options),
            ...(reference === undefined ? {} : { reference: await only(reference, options) }),
          }),
        },
      ],
      notes: [],
    };
  }
  const own = await imageFiles(path);
  if (own.size === 0)
    throw new InputError(`Cannot measure ${path}: found no image in it, wanted at least one`);
  const folder = reference !== undefined && (await kindOf(reference)) === "folder";
  const others = folder ? await imageFiles(reference) : undefined;
  const notes: string[] = [];
  if (others) {
    const lone = [...own.keys()].filter((name) => !others.has(name));
    if (lone.length > 0) {
      throw new InputError(
        `Cannot compare folders: found ${lone.length} images without a reference of the same name (${lone.slice(0, 3).join(", ")}${lone.length > 3 ? ", …" : ""}), wanted one for each`,
      );
    }
    const unused = [...others.keys()].filter((name) => !own.has(name)).length;
    if (unused > 0)
      notes.push(`${unused} references have no image of the same name and were passed over`);
  }
  const items = [...own].map(
    ([name, file]): MetricPair => ({
      name,
      load: async () => {
        throwIfAborted(options.signal, `measuring ${path}`);
        const image = (await openFile(join(path, file), options)).images[0]!.image;
        if (others)
          return {
            image,
            reference: (await openFile(join(reference!, others.get(name)!), options)).images[0]!
              .image,
          };
        return {
          image,
          ...(reference === undefined ? {} : { reference: await only(reference, options) }),
        };
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
  return regionOfMask(await only(text, {}), { name: text });
}
