/** A method's images as observers read them: by role and class, with what is known of each case. */
import { RunError } from "../core/errors.ts";
import { type Cases, casesOfRows } from "../observers/cases.ts";
import { float32Of } from "./bytes.ts";
import { drawnRole, imagesRole } from "./case-ranges.ts";
import { type TaskFacts, voxelsOf } from "./facts.ts";
import type { PieceContext } from "./piece.ts";
import { type DrawnImages, drawnImages, drawnSchema } from "./drawn-cases.ts";
import type { Role } from "./tasks/task-kind.ts";

export interface JudgedImages {
  readonly classes: readonly string[];
  /** Images of a class, in the order of the cases. */
  cases(role: Role, which: string): Cases;
  /** Where the signal is or would be in each of them: voxels, slowest axis first. */
  places(role: Role, which: string): readonly (readonly number[])[];
  /** The cases as they were drawn, with the true classes of their voxels where the task has them. */
  drawn(role: Role, which: string): readonly DrawnImages[];
}

export function judgedImages(
  depends: PieceContext["depends"],
  { facts, setting }: { facts: TaskFacts; setting: string },
): JudgedImages {
  const { frame, classes } = facts;
  const size = voxelsOf(frame);
  /** Results of all pieces of a range, in the order of their cases. */
  const partsOf = (start: string) =>
    Object.keys(depends)
      .filter((name) => name.startsWith(start))
      .sort()
      .map((name) => depends[name]!);
  const rows = (start: string, blob: string): Float32Array => {
    const parts = partsOf(start).map(({ blobs }) => {
      const bytes = blobs[blob];
      if (bytes === undefined) {
        throw new RunError(
          `Cannot judge images: found no ${blob} of ${start}, wanted them planned`,
        );
      }
      return float32Of(bytes);
    });
    const all = new Float32Array(parts.reduce((n, part) => n + part.length, 0));
    parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return all;
  };
  return {
    classes,
    cases(role, which) {
      const data = rows(imagesRole({ role, which }), setting);
      const ids = Array.from({ length: data.length / size }, (_, i) => `${role} ${which} ${i}`);
      const { shape, spacing, unit } = frame;
      return casesOfRows(data, { shape, unit, ids, ...(spacing === undefined ? {} : { spacing }) });
    },
    places: (role, which) =>
      partsOf(drawnRole({ role, which })).flatMap(
        ({ values }) => drawnSchema.parse(values).places ?? [],
      ),
    drawn: (role, which) => partsOf(drawnRole({ role, which })).flatMap(drawnImages),
  };
}
