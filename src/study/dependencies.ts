/** What a piece gets from others, by the roles under which its entry names them. */
import { RunError } from "../core/errors.ts";
import { float32Of, float64Of } from "./bytes.ts";
import { factsSchema, type TaskFacts } from "./facts.ts";
import { decodeNetwork, type TrainedNetwork } from "./network-file.ts";
import type { PieceContext, PieceResults } from "./piece.ts";

export interface Dependencies {
  network(role: string): Promise<TrainedNetwork>;
  /** Another network of its training, by that network's role; undefined where it had none such. */
  part(role: string, part: string): Promise<TrainedNetwork | undefined>;
  /** Templates of an entry, one value per voxel each; undefined when the plan named none in this role. */
  template(role: string): Float64Array[] | undefined;
  /** Templates of all roles `template …`, one after the other. */
  templates(): Float64Array[];
  /** Images of another method, case after case. */
  images(role: string): Float32Array;
  facts(): TaskFacts;
}

/**
 * @param bases settings of the other methods whose images are meant, by role
 */
export function dependenciesOf(
  depends: PieceContext["depends"],
  bases: Readonly<Record<string, string>> = {},
): Dependencies {
  const blob = (role: string, name: string): Uint8Array => {
    const bytes = depends[role]?.blobs[name];
    if (bytes !== undefined) return bytes;
    throw new RunError(
      `Cannot read "${role}": found no ${name} among its results, wanted it planned before`,
    );
  };
  const rows = (role: string, { blobs, values }: PieceResults): Float64Array[] => {
    const all = float64Of(blobs["rows"] ?? blob(role, "rows"));
    const count = rowsIn(values);
    const size = all.length / count;
    return Array.from({ length: count }, (_, k) => all.slice(k * size, (k + 1) * size));
  };
  return {
    network: (role) => decodeNetwork(blob(role, "network")),
    async part(role, part) {
      const bytes = depends[role]?.blobs[partName(part)];
      return bytes === undefined ? undefined : decodeNetwork(bytes);
    },
    template: (role) => {
      const found = depends[role];
      return found === undefined ? undefined : rows(role, found);
    },
    templates: () =>
      Object.entries(depends)
        .filter(([role]) => role.startsWith("template "))
        .sort(([a], [b]) => byNumber(a) - byNumber(b))
        .flatMap(([role, results]) => rows(role, results)),
    images: (role) => float32Of(blob(role, bases[role] ?? "")),
    facts: () => {
      const values = factsSchema.parse(depends["facts"]?.values);
      const { signal, spectrum } = depends["facts"]?.blobs ?? {};
      return {
        ...values,
        ...(signal === undefined ? {} : { signal: float64Of(signal) }),
        ...(spectrum === undefined ? {} : { spectrum: float64Of(spectrum) }),
      };
    },
  };
}

/** Name of the blob of a further network of a training. */
export const partName = (part: string): string => `network ${part}`;

const byNumber = (role: string): number => Number(role.slice("template ".length));

function rowsIn(values: PieceResults["values"]): number {
  const count =
    typeof values === "object" && values !== null && "rows" in values ? values.rows : undefined;
  return typeof count === "number" ? count : 1;
}
