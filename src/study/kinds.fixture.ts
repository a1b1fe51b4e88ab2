/** Kinds of pieces for tests of the runner. */
import { appendFileSync } from "node:fs";
import { z } from "zod";
import { InputError, throwIfAborted } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { type PieceKind, planned as plannedPiece, type PlannedPiece } from "./piece.ts";
import type { PieceCatalogue, PieceKinds } from "./run-piece.ts";

/** Notes that a piece has started where the environment names a file for it. */
function note(line: string): void {
  const path = process.env.DPRIME_TEST_LOG;
  if (path !== undefined) appendFileSync(path, `${line}\n`);
}

const inputsSchema = z.object({
  name: z.string(),
  seed: z.number(),
  steps: z.number(),
  sleepMs: z.number(),
});

type Inputs = z.output<typeof inputsSchema>;

/** What these kinds have in common: their values may be anything. */
const common = (name: string) => ({
  name,
  version: 1,
  inputs: inputsSchema,
  values: z.unknown(),
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Normal draws as float64. */
const draw: PieceKind<Inputs> = {
  ...common("draw"),
  summary: "Draws numbers.",
  run: async (inputs) => {
    const { name, seed, steps, sleepMs } = inputs;
    note(`start ${name}`);
    const stream = streamOf(seed, "draw");
    const data = Float64Array.from({ length: steps }, () => stream.normal());
    await sleep(sleepMs);
    return { values: { sum: data.reduce((a, b) => a + b, 0) }, blobs: { data: bytesOf(data) } };
  },
};

/** A walk that adds to its parents' last values, keeping a checkpoint after every ten steps. */
const walk: PieceKind<Inputs> = {
  ...common("walk"),
  summary: "Walks long.",
  run: async (inputs, context) => {
    const { name, seed, steps, sleepMs } = inputs;
    note(`start ${name}`);
    let place = 0;
    for (const role of Object.keys(context.depends).sort()) {
      const parent = numbersOf(Object.values(context.depends[role]!.blobs)[0]!);
      place += Math.sin(parent.at(-1)!);
    }
    let at = 0;
    if (context.checkpoint !== undefined) {
      [at, place] = numbersOf(context.checkpoint) as unknown as [number, number];
      note(`resume ${name} ${at}`);
    }
    for (; at < steps; at++) {
      if (at % 10 === 0 && at > 0)
        await context.saveCheckpoint(bytesOf(Float64Array.of(at, place)));
      throwIfAborted(context.signal, name);
      place = Math.sin(place * 3) + streamOf(seed, "walk", at).normal();
      context.onProgress(at / steps);
      await sleep(sleepMs);
    }
    return {
      values: { place, half: place / 2 },
      blobs: { place: bytesOf(Float64Array.of(place)) },
    };
  },
};

/** Values that JSON cannot keep. */
const wrong: PieceKind<Inputs> = {
  ...common("wrong"),
  summary: "Leaves NaN.",
  run: async () => ({ values: { rows: [1, Number.NaN] } }),
};

/** Refuses its inputs. */
const refuse: PieceKind<Inputs> = {
  ...common("refuse"),
  summary: "Fails.",
  run: async () => {
    throw new InputError("Cannot use sigma: found -1, wanted 0 or more");
  },
};

/** Takes no notice of the signal: only ending its thread stops it. */
const stuck: PieceKind<Inputs> = {
  ...common("stuck"),
  summary: "Never ends.",
  run: async () => {
    for (;;) Math.sqrt(2);
  },
};

/** Computes without a pause, but asks whether it is to stop. */
const busy: PieceKind<Inputs> = {
  ...common("busy"),
  summary: "Asks without a pause.",
  run: async (_, context) => {
    let at = 0;
    while (!context.signal.aborted) at++;
    await context.saveCheckpoint(bytesOf(Float64Array.of(at)));
    throwIfAborted(context.signal, "busy");
    return { values: at };
  },
};

const all = { draw, walk, wrong, refuse, stuck, busy };

/** @worker */
export const catalogue: PieceCatalogue = Object.fromEntries(
  Object.entries(all).map(([name, kind]) => [name, async () => kind]),
);

export const kinds: PieceKinds = { module: import.meta.url, catalogue };

function bytesOf(data: Float64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export function numbersOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer);
}

/** A planned piece of the fixture's kinds. */
export function planned(
  kind: string,
  inputs: { name: string; seed?: number; steps?: number; sleepMs?: number },
  depends: Readonly<Record<string, PlannedPiece>> = {},
): PlannedPiece {
  const { name, seed = 1, steps = 5, sleepMs = 0 } = inputs;
  const own: PieceKind<Inputs> = Object.hasOwn(all, kind)
    ? all[kind as keyof typeof all]
    : { ...draw, name: kind };
  return plannedPiece(
    own,
    { name, seed, steps, sleepMs },
    { label: `${kind} ${name}`, depends, weight: steps },
  );
}

/** A study of 13 pieces in four layers: draws, walks over two draws each, a walk over all, two ends. */
export function toyStudy(options: { steps?: number; sleepMs?: number } = {}): PlannedPiece[] {
  const { steps = 25, sleepMs = 0 } = options;
  const draws = [0, 1, 2, 3, 4].map((i) => planned("draw", { name: `d${i}`, seed: i, steps: 40 }));
  const walks = draws.map((left, i) =>
    planned(
      "walk",
      { name: `w${i}`, seed: i, steps: steps + 3 * i, sleepMs },
      { left, right: draws[(i + 1) % 5]! },
    ),
  );
  const all = planned(
    "walk",
    { name: "all", seed: 9, steps, sleepMs },
    Object.fromEntries(walks.map((piece, i) => [`w${i}`, piece])),
  );
  return [7, 8].map((seed) =>
    planned("walk", { name: `end${seed}`, seed, steps, sleepMs }, { all, first: draws[0]! }),
  );
}
