/** A training's state and bookkeeping as one file, names `ROLE/…`, guarded by a checksum. */
import { sha256 } from "../core/checksum.ts";
import { InputError } from "../core/errors.ts";
import { decodeTensors, encodeTensors } from "../learn/tensor-file.ts";
import type { TrainerState } from "../learn/trainer.ts";
import { parseTrainingConfig, type TrainingConfig } from "./config.ts";
import type { Reference } from "./reference.ts";
import type { ValidationResult } from "./validation.ts";
import { freshWatch, type Watch } from "./watch.ts";

export interface Bookkeeping {
  /** Steps done. */
  readonly step: number;
  readonly watch: Watch;
  /** The product's vectors at its best validation. */
  readonly best?: TrainerState;
  readonly bestValidation?: ValidationResult;
  readonly bestStep: number;
  /** What the validation gives without the network, once it was measured. */
  readonly reference?: Reference;
}

export const freshBook: Bookkeeping = { step: 0, watch: freshWatch, bestStep: 0 };

/** Whatever decides the numbers of a run; a checkpoint of another description is refused. */
function identity(
  config: TrainingConfig,
  models: Readonly<Record<string, Uint8Array>>,
): Record<string, unknown> {
  const files = Object.entries(models).map(([role, bytes]) => [role, sha256(bytes)]);
  return { ...config, checkpoint: undefined, samples: undefined, name: undefined, files };
}

/**
 * Checks that a checkpoint is of this training. It keeps its description with all defaults filled in; fields that
 * came later get their defaults, which mean that nothing is otherwise than before.
 *
 * @throws InputError naming the first field that differs
 */
function checkOrigin(kept: string, { config, models }: Origin): void {
  const { files, ...old } = JSON.parse(kept) as Record<string, unknown>;
  const now = identity(config, models);
  const then = {
    ...identity(parseTrainingConfig({ ...old, name: config.name }, { what: "a checkpoint" }), {}),
    files,
  };
  const place = differing(then, now);
  if (place === undefined) return;
  const [found, wanted] = [then, now].map((value) => short(at(value, place)));
  throw new InputError(
    `Cannot resume: found a checkpoint of another training description, with ${place.join(".")} ${found}, wanted one of this, with ${wanted}`,
  );
}

/** Path of the first part in which two values differ. */
function differing(a: unknown, b: unknown): readonly string[] | undefined {
  if (!isRecord(a) || !isRecord(b)) return a === b ? undefined : [];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const below = differing(a[key], b[key]);
    if (below !== undefined) return [key, ...below];
  }
  return undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const at = (value: unknown, place: readonly string[]): unknown =>
  place.reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), value);

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

interface Origin {
  readonly config: TrainingConfig;
  /** Files that roles started from. */
  readonly models: Readonly<Record<string, Uint8Array>>;
}

export function writeCheckpoint(
  state: TrainerState,
  { config, models, book }: Origin & { book: Bookkeeping },
): Uint8Array {
  const { best = {}, ...rest } = book;
  const array = (data: Float32Array) => ({ shape: [data.length], data });
  return encodeTensors({
    arrays: Object.fromEntries([
      ...Object.entries(state).map(([name, data]) => [name, array(data)]),
      ...Object.entries(best).map(([name, data]) => [`best/${name}`, array(data)]),
    ]),
    metadata: {
      dprime: "training checkpoint",
      config: JSON.stringify(identity(config, models)),
      book: JSON.stringify(rest),
    },
  });
}

/**
 * Reads what `writeCheckpoint` wrote.
 *
 * @param fresh the state that the training would begin with: what a checkpoint must hold
 * @throws FormatError on damaged bytes; InputError on a checkpoint of another training
 */
export function readCheckpoint(
  bytes: Uint8Array,
  { config, models, fresh }: Origin & { fresh: TrainerState },
): { state: TrainerState; book: Bookkeeping } {
  const { arrays, metadata } = decodeTensors(bytes, { own: true });
  checkOrigin(metadata["config"] ?? "{}", { config, models });
  const part = (name: string, length: number): Float32Array => {
    const data = arrays[name]?.data;
    if (data?.length !== length) {
      throw new InputError(
        `Cannot resume: found ${data?.length ?? "no"} numbers for ${name}, wanted ${length}`,
      );
    }
    return data;
  };
  const state = Object.fromEntries(
    Object.entries(fresh).map(([name, { length }]) => [name, part(name, length)]),
  );
  const best = Object.fromEntries(
    Object.entries(fresh).flatMap(([name, { length }]) =>
      arrays[`best/${name}`] === undefined ? [] : [[name, part(`best/${name}`, length)]],
    ),
  );
  const book = JSON.parse(metadata["book"] ?? "{}") as Omit<Bookkeeping, "best">;
  return { state, book: { ...book, ...(Object.keys(best).length > 0 ? { best } : {}) } };
}
