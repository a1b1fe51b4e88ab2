/** Planes of what was written, as its files hold them: rounded to whole numbers where the format has only those. */
import { type Image, layoutOf, makeImage, sliceOf } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { openFile } from "../files/files.ts";
import { openSlabs } from "../files/files-slabs.ts";

/**
 * @param paths the files that were written: one for each plane, or one for all of them first
 * @param planes numbers of the planes wanted
 * @param image what was written: shape and unit
 * @returns undefined where the files cannot be read back as such planes
 */
export async function readBack(
  paths: readonly string[],
  planes: readonly number[],
  image: Omit<Image, "data">,
  { signal }: WorkOptions = {},
): Promise<Image[] | undefined> {
  const { unit } = image;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const fits = (found: Omit<Image, "data">, count: number) => {
    const layout = layoutOf(found);
    return layout.blocks * layout.nz === count && layout.ny === ny && layout.nx === nx;
  };
  const whole = async (path: string, count: number): Promise<Image | undefined> => {
    const { images } = await openFile(path, { unit, signal });
    const found = images[0]?.image;
    return images.length === 1 && found && fits(found, count) ? found : undefined;
  };
  const total = blocks * nz;
  try {
    if (total > 1 && paths.length === total) {
      const found: Image[] = [];
      for (const k of planes) {
        const one = await whole(paths[k]!, 1);
        if (!one) return undefined;
        found.push(sliceOf(one, 0));
      }
      return found;
    }
    const [path] = paths;
    if (path === undefined) return undefined;
    const slabs = total > 1 ? await openSlabs(path, { unit }).catch(() => undefined) : undefined;
    if (slabs !== undefined) {
      try {
        if (!fits(slabs.image, total)) return undefined;
        const found: Image[] = [];
        for (const k of planes) {
          const { data } = await slabs.read(k, 1);
          found.push(makeImage(data.slice(), [ny, nx], { ...slabs.image, axes: "yx" }));
        }
        return found;
      } finally {
        await slabs.close();
      }
    }
    const found = await whole(path, total);
    return found && planes.map((k) => sliceOf(found, k));
  } catch {
    // What cannot be read back is judged by what was to be written.
    return undefined;
  }
}
