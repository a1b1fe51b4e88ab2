/** The pieces of a plan by key, each once, after what it depends on, with its place in the queue. */
import { InputError } from "../core/errors.ts";
import type { Json } from "../store/store.ts";
import type { PlannedPiece } from "./piece.ts";
import { pieceKey } from "./piece-key.ts";
import { kindOf, type PieceCatalogue } from "./run-piece.ts";

export interface GraphPiece {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  readonly inputs: Json;
  /** Role to key. */
  readonly depends: Readonly<Record<string, string>>;
  readonly weight: number;
  /** Bytes that it must hold at once, at least. */
  readonly memory: number;
  /** Bytes of its results, about. */
  readonly stored: number;
  /** Keys of the pieces that wait for this one. */
  readonly dependents: readonly string[];
  /** Weight of the longest chain that starts with this piece: the longest goes first. */
  readonly chain: number;
  /** Place in the plan: decides between equal chains. */
  readonly order: number;
}

export interface PieceGraph {
  /** Each after what it depends on. */
  readonly pieces: ReadonlyMap<string, GraphPiece>;
  readonly roots: readonly string[];
  /** Key of a planned piece of this graph. @throws InputError for any other */
  readonly keyOf: (planned: PlannedPiece) => string;
}

/** Looks up the key of planned pieces, working out each once. */
export type PieceKeyer = (planned: PlannedPiece) => Promise<string>;

/**
 * A keyer for plans of these kinds. It rejects with InputError for an unknown kind, inputs that are not
 * JSON, or pieces that wait for each other.
 */
export function pieceKeyer(kinds: PieceCatalogue): PieceKeyer {
  const versions = new Map<string, number>();
  const keys = new WeakMap<PlannedPiece, string>();
  const visit = async (planned: PlannedPiece, open: ReadonlySet<PlannedPiece>): Promise<string> => {
    const known = keys.get(planned);
    if (known !== undefined) return known;
    const { kind, label, inputs } = planned;
    if (open.has(planned)) {
      throw new InputError(
        `Cannot plan: found that "${label}" waits for itself, wanted a plan without a circle`,
      );
    }
    const inside = new Set(open).add(planned);
    const depends: Record<string, string> = {};
    for (const [role, other] of Object.entries(planned.depends)) {
      depends[role] = await visit(other, inside);
    }
    let version = versions.get(kind);
    if (version === undefined) versions.set(kind, (version = (await kindOf(kind, kinds)).version));
    const key = pieceKey({ kind, version, inputs, depends });
    keys.set(planned, key);
    return key;
  };
  return (planned) => visit(planned, new Set());
}

/**
 * Keys and order of all pieces that the roots need. Planned pieces with the same key become one.
 *
 * @throws InputError as the keyer does
 */
export async function pieceGraph(
  roots: readonly PlannedPiece[],
  kinds: PieceCatalogue,
): Promise<PieceGraph> {
  const keyOf = pieceKeyer(kinds);
  const seen = new Map<PlannedPiece, string>();
  const pieces = new Map<string, GraphPiece & { dependents: string[]; chain: number }>();
  const visit = async (planned: PlannedPiece): Promise<string> => {
    const key = await keyOf(planned);
    if (seen.has(planned)) return key;
    seen.set(planned, key);
    const { kind, label, inputs, weight = 1, memory = 0, stored = 0 } = planned;
    const depends: Record<string, string> = {};
    for (const [role, other] of Object.entries(planned.depends)) depends[role] = await visit(other);
    if (!pieces.has(key)) {
      const order = pieces.size;
      pieces.set(key, {
        key,
        kind,
        label,
        inputs,
        depends,
        weight,
        memory,
        stored,
        dependents: [],
        chain: 0,
        order,
      });
      for (const other of new Set(Object.values(depends))) pieces.get(other)!.dependents.push(key);
    }
    return key;
  };
  const rootKeys: string[] = [];
  for (const root of roots) rootKeys.push(await visit(root));
  // Every piece stands after what it depends on, so backwards all dependents are known.
  for (const piece of [...pieces.values()].reverse()) {
    const longest = Math.max(0, ...piece.dependents.map((key) => pieces.get(key)!.chain));
    piece.chain = piece.weight + longest;
  }
  return {
    pieces,
    roots: [...new Set(rootKeys)],
    keyOf: (planned) => {
      const key = seen.get(planned);
      if (key === undefined) {
        throw new InputError(`Cannot find "${planned.label}": found a piece outside of the plan`);
      }
      return key;
    },
  };
}
