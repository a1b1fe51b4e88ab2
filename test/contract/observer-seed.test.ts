/** Observers that draw obey their seed, and the others have none: measured, for every member. */
import { expect, it } from "vitest";
import type { ParameterValues } from "../../src/core/parameters.ts";
import { catalogue } from "../../src/observers/catalogue.ts";
import type { Known, Observer } from "../../src/observers/observer.ts";
import { gaussianWorld } from "../worlds/gaussian-world.ts";

const world = gaussianWorld({
  shape: [12, 12],
  sigma: 1.5,
  background: 0,
  amplitude: 1.2,
  width: 1.8,
});

/** Observers that draw, with parameters under which they do, and what they draw. */
const drawing: readonly { name: string; parameters: ParameterValues; draws: string }[] = [
  { name: "cho", parameters: { "internal-noise": 1 }, draws: "internal noise" },
  { name: "ideal-lumpy", parameters: { steps: 100, "burn-in": 0 }, draws: "a Markov chain" },
  { name: "slnn", parameters: { steps: 20, batch: 16 }, draws: "weights and batches" },
  {
    name: "cnn-io",
    parameters: { steps: 10, batch: 16, channels: 2, "most-layers": 1 },
    draws: "weights and batches",
  },
];

const count = 80;
const known: Known = {
  ...world.known,
  family: [{ signal: world.known.signal, prior: 1 }],
  places: Float64Array.from({ length: 2 * count }, () => 6),
  candidates: Float64Array.of(6, 6),
  lumpy: { meanNumber: 1, amplitude: 0.5, width: 2, base: 50 },
  radius: 3,
};
const set = {
  present: world.draw(count, { present: true, label: "seed" }),
  absent: world.draw(count, { present: false, label: "seed" }),
  known,
};
const test = world.draw(8, { present: true, label: "seed test" });

/** What is wrong with an observer's seed, as a sentence; undefined when nothing is. */
async function seedBreach(
  observer: Observer,
  { parameters, draws }: { parameters: ParameterValues; draws: boolean },
): Promise<string | undefined> {
  const scores = async (seed: number) => {
    const trained = await observer.train(set, parameters, { seed });
    if (trained.status !== "ok") throw new Error(`${trained.cause}; ${trained.remedy}`);
    return (await trained.read(test, { seed })).scores.join();
  };
  const [first, again, other] = [await scores(1), await scores(1), await scores(2)];
  if (first !== again) return "the same seed gives other scores";
  if (draws && first === other) return "every seed gives the same scores";
  return draws || first === other ? undefined : "a seed changes what draws nothing";
}

it.each(Object.entries<() => Promise<Observer>>(catalogue))("%s", async (name, open) => {
  const observer = await open();
  const row = drawing.find((one) => one.name === name);
  const quick = name === "scanning" ? { side: 8 } : {};
  const given = { parameters: row?.parameters ?? quick, draws: row !== undefined };
  expect(await seedBreach(observer, given)).toBeUndefined();
});

it("finds out an observer that ignores its seed, and one that draws from nowhere", async () => {
  const slnn = await catalogue["slnn"]();
  const parameters = { steps: 20, batch: 16 };
  const deaf: Observer = {
    ...slnn,
    train: (images, values, context) =>
      slnn.train(images, values as object, { ...context, seed: 0 }),
  };
  expect(await seedBreach(deaf, { parameters, draws: true })).toBe(
    "every seed gives the same scores",
  );
  let calls = 0;
  const loose: Observer = {
    ...slnn,
    train: (images, values, context) =>
      slnn.train(images, values as object, { ...context, seed: calls++ }),
  };
  expect(await seedBreach(loose, { parameters, draws: true })).toBe(
    "the same seed gives other scores",
  );
});
