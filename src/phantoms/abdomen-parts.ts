/** What the painters of abdominal organs share. */
import type { Stream } from "../core/random.ts";
import type { Distance, Point, Solid } from "./solids.ts";
import type { Habitus, Outlines, Tissue } from "./trunk.ts";

export interface OrganOptions {
  readonly stream: Stream;
  readonly habitus: Habitus;
  readonly outlines: Outlines;
  readonly tissue: Tissue;
  readonly zPhase: number;
  readonly lesions: {
    readonly count: number;
    readonly contrastHU: number;
    readonly radiusMm: number;
  };
}

/** Where the reference person's places and lengths lie in this one. */
export interface Placed {
  readonly stream: Stream;
  readonly at: (x: number, y: number, z: number) => Point;
  readonly span: (x: number, y: number, z: number) => Point;
  readonly tissue: Tissue;
}

/** Distance cut down to where `limit` is negative, `gap` mm within it. */
export function within(solid: Solid, limit: Distance, gap = 1.5): Solid {
  return {
    box: solid.box,
    distance: (x, y, z) => {
      const d = solid.distance(x, y, z);
      return d > 4 ? d : Math.max(d, limit(x, y, z) + gap);
    },
  };
}
