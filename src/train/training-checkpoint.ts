/** A training's state and bookkeeping as one file, names `ROLE/…`, guarded by a checksum. */
import { sha256 } from "../core/checksum.ts";
import { InputError } from "../core/errors.ts";
import { decodeTensors, encodeTensors } from "../learn/tensor-file.ts";
import type { TrainerState } from "../learn/trainer.ts";
import type { TrainingConfig } from "./config.ts";
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
function identity(config: TrainingConfig, models: Readonly<Record<string, Uint8Array>>): string {
  const files = Object.entries(models).map(([role, bytes]) => [role, sha256(bytes)]);
  return JSON.stringify({
    ...config,
    checkpoint: undefined,
    samples: undefined,
    name: undefined,
    files,
  });
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
      config: identity(config, models),
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
  if (metadata["config"] !== identity(config, models)) {
    throw new InputError(
      "Cannot resume: found a checkpoint of another training description, wanted one of this",
    );
  }
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
