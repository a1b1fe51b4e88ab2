/** What a worker thread does with one piece: find its kind, run it, hand back what it left. */
import { RunError, throwIfAborted } from "../core/errors.ts";
import { openMember } from "../core/member.ts";
import type { LongTaskContext, LongWorkerFunction } from "../parallel/index.ts";
import type { Json } from "../store/store.ts";
import type { PieceKind, PieceResults } from "./piece.ts";
import { keptJson } from "./piece-key.ts";
import { catalogue } from "./pieces/catalogue.ts";

/** Kinds of pieces by name, each imported when called. */
export type PieceCatalogue = Readonly<Record<string, () => Promise<PieceKind>>>;

/** Kinds other than the shipped ones, and where a worker thread finds them. */
export interface PieceKinds {
  /** `import.meta.url` of a module that exports `catalogue`. */
  readonly module: string;
  readonly catalogue: PieceCatalogue;
}

export interface PieceTask {
  /** Address of a module that exports `catalogue`; the shipped kinds when absent. */
  readonly module: string | undefined;
  readonly kind: string;
  readonly label: string;
  readonly inputs: Json;
  readonly depends: Readonly<Record<string, PieceResults>>;
  readonly checkpoint: Uint8Array | undefined;
}

/** A word of a running piece to the runner. */
export type PieceWord = { readonly share: number } | { readonly checkpoint: Uint8Array };

export interface PieceDone {
  readonly values: Json;
  readonly blobs: Readonly<Record<string, Uint8Array>>;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** @throws InputError naming the kinds there are */
export async function kindOf(name: string, kinds: PieceCatalogue): Promise<PieceKind> {
  return openMember(kinds, name, `Cannot run a piece of kind ${name}: found no such kind`);
}

/** Shortest time in ms between two words about progress. */
const wordEvery = 200;

/**
 * Runs one piece; to be called in a worker thread.
 *
 * @worker
 */
export async function runPiece(task: PieceTask, context: LongTaskContext): Promise<PieceDone> {
  const { module, kind: name, label, inputs, depends, checkpoint } = task;
  const kinds =
    module === undefined
      ? catalogue
      : ((await import(/* @vite-ignore */ module)) as { catalogue: PieceCatalogue }).catalogue;
  const kind = await kindOf(name, kinds);
  throwIfAborted(context.signal, label);
  const started = performance.now();
  let said = started;
  const output = await kind.run(inputsOf(kind, { inputs, label }), {
    depends,
    signal: context.signal,
    onProgress: (share) => {
      const now = performance.now();
      if (now - said < wordEvery) return;
      said = now;
      context.post({ share } satisfies PieceWord);
    },
    checkpoint,
    saveCheckpoint: async (bytes) => {
      await context.ask({ checkpoint: owned(bytes) } satisfies PieceWord);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const blobs = Object.fromEntries(
    Object.entries(output.blobs ?? {}).map(([role, bytes]) => [role, owned(bytes)]),
  );
  return { values: keptJson(output.values, `values of ${label}`), blobs, seconds };
}

function inputsOf(
  kind: PieceKind,
  { inputs, label }: Pick<PieceTask, "inputs" | "label">,
): unknown {
  const found = kind.inputs.safeParse(inputs);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new RunError(
    `Cannot run "${label}": ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "found inputs of another form"}`,
  );
}

/** `runPiece` for `runInWorker`. */
export const runPieceCall: LongWorkerFunction<PieceTask, PieceDone> = {
  module: import.meta.url,
  name: "runPiece",
  run: runPiece,
};

/** The bytes on a buffer of their own: passing on a view would copy all that lies around it. */
export function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) {
    return new Uint8Array(buffer);
  }
  return new Uint8Array(bytes);
}
