/** Windows of neighbours in padded arrays, and the rows of a block inside them. */
import type { Image } from "../../core/image.ts";
import { type Block, padded } from "../blocks.ts";

/** A neighbour: steps along z, y, x. */
export interface Step {
  readonly dz: number;
  readonly dy: number;
  readonly dx: number;
}

/** All steps with |dz| ≤ rz, |dy| ≤ ry, |dx| ≤ rx, z slowest. */
export function boxSteps(rz: number, ry: number, rx: number): readonly Step[] {
  const steps: Step[] = [];
  for (let dz = -rz; dz <= rz; dz++) {
    for (let dy = -ry; dy <= ry; dy++) {
      for (let dx = -rx; dx <= rx; dx++) steps.push({ dz, dy, dx });
    }
  }
  return steps;
}

/** A block with margins, and where the rows of its inside start. */
export interface PaddedBlock {
  readonly data: Float32Array;
  readonly start: Int32Array;
  readonly indexOf: (step: Step) => number;
}

/** Mirrors margins of `reach` px around a block (none along z of a plane). */
export function padBlock(block: Block, reach: number): PaddedBlock {
  const rz = block.nz > 1 ? reach : 0;
  const wide = padded(block, { rz, ry: reach, rx: reach });
  const start = new Int32Array(block.nz * block.ny);
  for (let z = 0; z < block.nz; z++) {
    for (let y = 0; y < block.ny; y++) {
      start[z * block.ny + y] = ((z + rz) * wide.ny + y + reach) * wide.nx + reach;
    }
  }
  return {
    data: wide.data,
    start,
    indexOf: ({ dz, dy, dx }) => (dz * wide.ny + dy) * wide.nx + dx,
  };
}

/** A width in px of the plane, expressed in slices; at least 0.05, where neighbours weigh nothing. */
export function spatialAlongZ(image: Pick<Image, "spacing">, width: number): number {
  const [sz, sy, sx] = image.spacing;
  return Math.max(0.05, (width * Math.min(sy, sx)) / sz);
}
