/** A mask from a file: which voxels of an image are worked on. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import { joinedPadding } from "../denoise/constant-padding.ts";
import { openOne } from "../files/files.ts";

/**
 * One byte for each voxel of the image (for each pixel of all channels together), 1 where the mask is 0: there the
 * image stays as it is and is not seen. A mask of one plane goes for every plane, one of one volume for every volume.
 *
 * @throws InputError for a mask of another size, or one that is 0 everywhere
 */
export async function readMask(path: string, image: Omit<Image, "data">): Promise<Uint8Array> {
  const { image: found } = await openOne(path, { use: "use the mask" });
  const spatial = image.axes.replace("c", "");
  const sizes = image.shape.filter((_, i) => image.axes[i] !== "c");
  const size = sizes.reduce((a, b) => a * b, 1);
  const plane = sizes.slice(-2).reduce((a, b) => a * b, 1);
  const volume = spatial.includes("z") ? plane * sizes[sizes.length - 3]! : plane;
  const own = ownSize(found);
  const fits =
    found.shape.slice(-2).join() === sizes.slice(-2).join() && [plane, volume, size].includes(own);
  if (!fits) {
    throw new InputError(
      `Cannot use the mask ${path}: found ${found.shape.join(" × ")}, wanted ${sizes.join(" × ")} as the image has, or one plane of it`,
    );
  }
  const outside = new Uint8Array(size);
  let inside = 0;
  for (let i = 0; i < size; i++) {
    const v = found.data[i % own]!;
    if (v !== 0 && !Number.isNaN(v)) inside++;
    else outside[i] = 1;
  }
  if (inside === 0) {
    throw new InputError(
      `Cannot use the mask ${path}: found zeros alone, wanted other values where the image is worked on`,
    );
  }
  return outside;
}

/** Voxels of a mask; of a colour image those of one channel. */
function ownSize(mask: Image): number {
  const { ny, nx, nz, blocks } = layoutOf(mask);
  const channels = mask.axes.includes("c") ? mask.shape[mask.axes.indexOf("c")]! : 1;
  return (blocks / channels) * nz * ny * nx;
}

/** What a file and a mask leave out, together; of a colour image only the mask's. */
export async function maskedPadding(
  path: string | undefined,
  { image, padding }: { readonly image: Image; readonly padding?: Uint8Array | undefined },
): Promise<Uint8Array | undefined> {
  const own = image.axes.includes("c") ? undefined : padding;
  return path === undefined ? own : joinedPadding(own, await readMask(path, image));
}
