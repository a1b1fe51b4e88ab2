/** A few planes that stand for an image too large to be held, or for a series in a folder. */
import { throwIfAborted } from "../core/errors.ts";
import { type Image, makeImage } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { isFolder } from "../files/files-disk.ts";
import { openSlabs } from "../files/files-slabs.ts";
import { judgedPlanes } from "../denoise/noise-level/noise-of-image.ts";
import { type InputOptions, paddingOf } from "./input.ts";
import { isTooLarge } from "./large-files.ts";

/**
 * The planes on which `denoise` judges the noise, as one volume, and what of them is padding.
 *
 * @returns undefined for a file that is read whole
 * @throws InputError when a folder holds no series, or more than one
 */
export async function readJudgedPlanes(
  path: string,
  { unit: given, signal }: WorkOptions & Pick<InputOptions, "unit"> = {},
): Promise<
  { readonly image: Image; readonly padding?: Uint8Array; readonly of: number } | undefined
> {
  if (!(await isFolder(path)) && !(await isTooLarge(path))) return undefined;
  const source = await openSlabs(path, { unit: given });
  try {
    const wanted = judgedPlanes(source.planes);
    const [ny, nx] = source.image.shape.slice(-2) as [number, number];
    const data = new Float32Array(wanted.length * ny * nx);
    const declared = new Uint8Array(data.length);
    for (const [k, plane] of wanted.entries()) {
      throwIfAborted(signal, `reading ${path}`);
      const slab = await source.read(plane, 1);
      data.set(slab.data, k * ny * nx);
      if (slab.padded) declared.set(slab.padded, k * ny * nx);
    }
    const { spacing, spacingKnown, unit } = source.image;
    const shape = [wanted.length, ny, nx];
    const image = makeImage(data, shape, spacingKnown ? { spacing, unit } : { unit });
    const { padding } = paddingOf(image, declared.includes(1) ? declared : undefined);
    return {
      image,
      ...(padding ? { padding } : {}),
      of: source.planes,
    };
  } finally {
    await source.close();
  }
}
