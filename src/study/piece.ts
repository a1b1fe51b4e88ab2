/**
 * The smallest unit of a study: one pure function of its inputs and of other pieces' results, keyed by
 * content hash. A finished piece is never done again; an unfinished one may be done anywhere, any
 * number of times, with the same bytes.
 */
import type { z } from "zod";
import { RunError } from "../core/errors.ts";
import type { Json } from "../store/store.ts";
import { keptJson } from "./piece-key.ts";

/** What a piece leaves: small values that JSON carries, arrays and files as bytes. */
export interface PieceOutput<Values = unknown> {
  readonly values: Values;
  readonly blobs?: Readonly<Record<string, Uint8Array>>;
}

/** Results of a piece that this one depends on. */
export interface PieceResults {
  readonly values: Json;
  readonly blobs: Readonly<Record<string, Uint8Array>>;
}

export interface PieceContext {
  /** Results by the role under which the plan named them. */
  readonly depends: Readonly<Record<string, PieceResults>>;
  /** Raised when the run is to stop: long pieces save a checkpoint and throw CancelledError. */
  readonly signal: AbortSignal;
  /** Share of this piece that is done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** What an earlier attempt saved. */
  readonly checkpoint: Uint8Array | undefined;
  /** Keeps bytes from which a later attempt ends in the same result, to the last bit. */
  readonly saveCheckpoint: (bytes: Uint8Array) => Promise<void>;
}

/** A kind of piece: one file under `pieces/`, discovered; file name = kind name. */
export interface PieceKind<Inputs = unknown, Values = unknown> {
  readonly name: string;
  /** Raised whenever the same inputs would give other numbers: old results are then left aside. */
  readonly version: number;
  readonly summary: string;
  /** Whether it keeps checkpoints, from which another process goes on. */
  readonly resumes?: true;
  /** The forms in which inputs and values pass through the store. */
  readonly inputs: z.ZodType<Inputs>;
  readonly values: z.ZodType<Values>;
  run(inputs: Inputs, context: PieceContext): Promise<PieceOutput<Values>>;
}

/** Expected cost of a piece. */
export interface PieceCost {
  /** Seconds on one thread, for the order of work and the time left; 1 when unknown. */
  readonly weight?: number;
  /** Bytes that it must hold at once, at least. */
  readonly memory?: number;
  /** Bytes of its results, about. */
  readonly stored?: number;
}

/** A piece in a plan. */
export interface PlannedPiece<Values = unknown> extends PieceCost {
  /** Name of the kind. */
  readonly kind: string;
  /** What a reader sees in the progress: `denoise pls-tv, test 3 of 8`. */
  readonly label: string;
  readonly inputs: Json;
  /** Role to planned piece. A plan holds every piece once (by key). */
  readonly depends: Readonly<Record<string, PlannedPiece>>;
  /** Form of its values. */
  readonly values: z.ZodType<Values>;
}

/**
 * Plans a piece.
 *
 * @throws InputError naming a value of the inputs that JSON cannot carry
 */
export function planned<Inputs, Values>(
  kind: PieceKind<Inputs, Values>,
  inputs: Inputs,
  options: {
    readonly label: string;
    readonly depends?: Readonly<Record<string, PlannedPiece>>;
  } & PieceCost,
): PlannedPiece<Values> {
  const { label, depends = {}, ...cost } = options;
  return {
    kind: kind.name,
    label,
    inputs: keptJson(inputs, `inputs of "${label}"`),
    depends,
    values: kind.values,
    ...cost,
  };
}

/**
 * Values of a dependency in the form that its kind gives them.
 *
 * @throws RunError when they have another form
 */
export function valuesOf<Values>(
  context: Pick<PieceContext, "depends">,
  role: string,
  { name, values }: Pick<PieceKind<unknown, Values>, "name" | "values">,
): Values {
  const found = values.safeParse(context.depends[role]?.values);
  if (found.success) return found.data;
  throw new RunError(
    `Cannot read the result of a piece of kind ${name} as "${role}": ${found.error.issues[0]?.message ?? "found another form"}`,
  );
}
