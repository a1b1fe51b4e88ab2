/** Which planes an estimate of the noise level looks at: past some millions of pixels its error no longer falls. */
import type { layoutOf } from "../../core/image.ts";

const mostPlanes = 32;
const fewestPlanes = 8;
const enoughPixels = 2 ** 21;

/** Numbers of planes, spread evenly: all of them up to 32, and down to 8 of large ones. */
export function sampledPlanes({
  blocks,
  nz,
  ny,
  nx,
}: Pick<ReturnType<typeof layoutOf>, "blocks" | "nz" | "ny" | "nx">): readonly number[] {
  const planes = blocks * nz;
  const enough = Math.max(fewestPlanes, Math.floor(enoughPixels / (ny * nx)));
  const step = Math.max(1, planes / Math.min(mostPlanes, enough));
  const taken: number[] = [];
  for (let at = 0; at < planes; at += step) taken.push(Math.floor(at));
  return taken;
}
