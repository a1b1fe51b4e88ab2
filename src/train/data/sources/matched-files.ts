/** Files of one source: images that belong together by their names. */
import { basename, dirname, join, relative } from "node:path";
import { InputError, throwIfAborted } from "../../../core/errors.ts";
import type { Image } from "../../../core/image.ts";
import type { WorkOptions } from "../../../core/progress.ts";
import { filledFromNearest } from "../../../denoise/fill-padding.ts";
import { withData } from "../../../core/image.ts";
import { openWhole } from "../../../files/files.ts";

export interface NamedImage {
  /** The file or folder that it came from. */
  readonly path: string;
  readonly image: Image;
}

/** Name without its last extension: the same image in two formats has one. */
const stem = (name: string): string => name.replace(/\.gz$/i, "").replace(/\.[^./]+$/, "");

/**
 * Images of some files and folders by name: the path below the folder without its ending, of a DICOM series the
 * path of its folder. What holds no measurement is filled from what is nearest.
 *
 * @param options.labels whether segmentations are wanted, and not images
 * @throws InputError when a path cannot be read, or on segmentations among images
 */
export async function imagesByName(
  paths: readonly string[],
  { folder, labels, signal }: WorkOptions & { readonly folder: string; readonly labels: boolean },
): Promise<Map<string, NamedImage>> {
  const found = new Map<string, NamedImage>();
  for (const given of paths) {
    throwIfAborted(signal, "reading training images");
    const root = join(folder, given);
    const { images, files } = await openWhole(root, signal === undefined ? {} : { signal });
    for (const [i, { image, padded, noImage }] of images.entries()) {
      const own = files[i] ?? files[0]!;
      const path = own[0]!;
      if (noImage !== undefined && !labels) {
        throw new InputError(`Cannot train on ${path}: found ${noImage}, wanted an image`);
      }
      const below = relative(root, path);
      const name =
        below === "" ? stem(basename(path)) : own.length > 1 ? dirname(below) : stem(below);
      // Several images of one name, such as the series of a folder, are numbered.
      let key = name;
      for (let n = 2; found.has(key); n++) key = `${name} ${n}`;
      const values = padded === undefined || labels ? image.data : filledFromNearest(image, padded);
      found.set(key, { path, image: withData(image, values) });
    }
  }
  return found;
}

/**
 * Images of several fields that belong together: of one name, or the only one of each field.
 *
 * @throws InputError on an image without its partner, and on shapes or units that differ
 */
export function matched<Field extends string>(
  fields: Readonly<Partial<Record<Field, Map<string, NamedImage>>>>,
  what: string,
): { name: string; images: Readonly<Partial<Record<Field, NamedImage>>> }[] {
  const entries = Object.entries(fields) as [Field, Map<string, NamedImage>][];
  const [[firstField, first] = [undefined, undefined], ...rest] = entries;
  if (firstField === undefined || first === undefined) return [];
  for (const [field, images] of rest) {
    if (images.size !== first.size) {
      throw new InputError(
        `Cannot pair the files of ${what}: found ${first.size} ${firstField} and ${images.size} ${field}, wanted one for each`,
      );
    }
  }
  return [...first].map(([name, one]) => {
    const partners = rest.map(([field, images]) => {
      const partner = images.get(name) ?? (first.size === 1 ? [...images.values()][0] : undefined);
      if (partner === undefined) {
        throw new InputError(
          `Cannot pair ${one.path}: found no ${field} named ${name}, wanted one of ${[...images.keys()].slice(0, 5).join(", ")}`,
        );
      }
      checkAlike(one, partner, field === "labels");
      return [field, partner] as const;
    });
    const images = Object.fromEntries([[firstField, one], ...partners]) as Partial<
      Record<Field, NamedImage>
    >;
    return { name: one.path, images };
  });
}

function checkAlike(a: NamedImage, b: NamedImage, labels: boolean): void {
  const told = ({ image }: NamedImage) =>
    `${image.shape.join(" x ")}${labels ? "" : ` in ${image.unit}`}`;
  if (told(a) !== told(b)) {
    throw new InputError(
      `Cannot pair ${a.path} with ${b.path}: found ${told(a)} and ${told(b)}, wanted them alike`,
    );
  }
}
