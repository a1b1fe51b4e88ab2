import { describe, expect, it } from "vitest";
import { InputError } from "../../src/core/errors.ts";
import { streamOf } from "../../src/core/random.ts";
import { caseAt, casesOfRows } from "../../src/observers/cases.ts";
import type { Cases } from "../../src/observers/cases.ts";
import type { Observer } from "../../src/observers/observer.ts";
import { catalogue } from "../../src/observers/catalogue.ts";
import { aucOfDetectability } from "../../src/observers/detectability.ts";
import { fourierDetectability, hotellingFourier } from "../../src/observers/fourier-template.ts";
import type { Known, TrainedObserver } from "../../src/observers/observer.ts";
import { aucDeLong } from "../../src/stats/auc.ts";
import { gaussianWorld } from "../worlds/gaussian-world.ts";

const shape = [16, 16];
const size = 256;
const correlated = gaussianWorld({
  shape,
  sigma: 1.5,
  background: 1.5,
  amplitude: 1.4,
  width: 1.8,
});
const white = gaussianWorld({ shape, sigma: 1.5, background: 0, amplitude: 0.9, width: 1.8 });

/** Observers whose assumptions exclude a correlated Gaussian background, each with its reason. */
const whiteOnly: readonly { name: string; reason: string }[] = [
  {
    name: "ideal-lumpy",
    reason: "assumes lumps; white noise is its limit of lumps without height",
  },
];

/** Parameters that make a member quick enough for this suite; they change no contract. */
const quick: readonly {
  name: string;
  parameters: Record<string, number | string>;
  reason: string;
}[] = [
  {
    name: "ideal-lumpy",
    parameters: { steps: 100, "burn-in": 0 },
    reason: "lumps without height need no mixing",
  },
  {
    name: "slnn",
    parameters: { steps: 200, batch: 32, rate: 0.01, patience: 40 },
    reason: "a few hundred steps learn enough of a signal that is easy to see",
  },
  {
    name: "cnn-io",
    parameters: { steps: 100, batch: 16, channels: 4, "most-layers": 1, rate: 0.003, patience: 40 },
    reason: "one small layer learns enough of a signal that is easy to see",
  },
  { name: "scanning", parameters: { side: 12 }, reason: "a patch must fit about the known place" },
];

/** Observers whose score may depend on the training images' absolute grey values, each with its reason. */
const ownGain: readonly { name: string; reason: string }[] = [
  {
    name: "ideal-gaussian",
    reason: "states its likelihood in the units of the known signal and noise",
  },
  {
    name: "ideal-lumpy",
    reason: "states its likelihood in the units of the known signal and noise",
  },
  {
    name: "signal-family",
    reason: "states its likelihood in the units of the known signals and noise",
  },
  { name: "fourier-hotelling", reason: "its spectrum, noise and signal are given, not learned" },
];

for (const [name, load] of Object.entries<() => Promise<Observer>>(catalogue)) {
  const observer = await load();
  const world = whiteOnly.some((row) => row.name === name) ? white : correlated;
  const parameters = quick.find((row) => row.name === name)?.parameters ?? {};
  const training = 240;
  const test = 200;
  const knownFor = (count: number): Known => ({
    ...world.known,
    family: [{ signal: world.known.signal, prior: 1 }],
    places: Float64Array.from({ length: 2 * count }, () => 8),
    candidates: Float64Array.of(8, 8),
    lumpy: { meanNumber: 1, amplitude: 1e-9, width: 2, base: 50 },
    radius: 3,
  });
  const setOf = (label: string, signalGain = 1) => ({
    present: world.draw(training, { present: true, label, signalGain }),
    absent: world.draw(training, { present: false, label }),
    known: knownFor(training),
  });
  const train = async (set: ReturnType<typeof setOf>): Promise<TrainedObserver> => {
    const result = await observer.train(set, parameters);
    if (result.status !== "ok") throw new Error(`${result.cause}; ${result.remedy}`);
    return result;
  };
  const aucOf = async (o: TrainedObserver, present: Cases, absent: Cases) =>
    aucDeLong({ present: (await o.read(present)).scores, absent: (await o.read(absent)).scores });

  describe(`observer ${name}`, async () => {
    const set = setOf("train");
    const trained = await train(set);
    const present = world.draw(test, { present: true, label: "test" });
    const absent = world.draw(test, { present: false, label: "test" });
    const task = {
      signal: world.known.signal,
      powerSpectrum: world.known.powerSpectrum,
      sigma: world.known.sigma,
      shape,
    };
    const best = hotellingFourier(task).auc; // also the ideal observer's, for Gaussian statistics

    it("is described", () => {
      expect(observer.name).toBe(name);
      expect(observer.summary).toMatch(/\.$/);
      expect(observer.references.length).toBeGreaterThan(0);
      for (const p of Object.values(observer.parameters))
        expect(p.about.length).toBeGreaterThan(10);
    });

    it("has the AUC of the closed form, and never more than the ideal observer's", async () => {
      const found = await aucOf(trained, present, absent);
      expect(found.status).toBe("ok");
      // Four standard errors: one false alarm in 16,000.
      if (trained.template && trained.template.length === size) {
        const want = aucOfDetectability(fourierDetectability(trained.template, task));
        expect(Math.abs(found.estimate - want) / found.standardError).toBeLessThan(4);
      }
      expect((found.estimate - best) / found.standardError).toBeLessThan(4);
      if (observer.ideal)
        expect(Math.abs(found.estimate - best) / found.standardError).toBeLessThan(4);
      expect(found.estimate).toBeGreaterThan(0.55);
    });

    it("gives chance when there is no signal", async () => {
      const nothing = world.draw(test, { present: true, label: "nothing", signalGain: 0 });
      const found = await aucOf(trained, nothing, absent);
      expect(Math.abs(found.estimate - 0.5) / found.standardError).toBeLessThan(4);
    });

    it("gives chance when the labels of training and test images are shuffled", async () => {
      const shuffle = (one: Cases, two: Cases, label: string) => {
        const n = one.count;
        const order = streamOf(3, "contract shuffle", label).permutation(2 * n);
        const rows = new Float32Array(2 * n * size);
        const ids: string[] = [];
        order.forEach((from, to) => {
          const [cases, i] = from < n ? [one, from] : [two, from - n];
          rows.set(caseAt(cases, i), to * size);
          ids.push(cases.ids[i]!);
        });
        return [
          casesOfRows(rows.slice(0, n * size), { shape, ids: ids.slice(0, n) }),
          casesOfRows(rows.slice(n * size), { shape, ids: ids.slice(n) }),
        ] as const;
      };
      const [trainPresent, trainAbsent] = shuffle(set.present, set.absent, "train");
      const [testPresent, testAbsent] = shuffle(present, absent, "test");
      const result = await observer.train(
        { present: trainPresent, absent: trainAbsent, known: set.known },
        parameters,
      );
      if (result.status !== "ok") throw new Error(result.cause);
      const found = await aucOf(result, testPresent, testAbsent);
      // An observer that learned nothing scores all images alike: exactly one half, without a spread.
      if (found.status === "constant-scores") expect(found.estimate).toBe(0.5);
      else expect(Math.abs(found.estimate - 0.5) / found.standardError).toBeLessThan(4);
    });

    it.skipIf(ownGain.some((row) => row.name === name))(
      "ranks cases the same after a change of gain",
      async () => {
        const times = (cases: Cases, k: number) =>
          casesOfRows(
            cases.data.map((v) => v * k),
            { ...cases },
          );
        // A power of two: float32 values scale without rounding.
        const k = 4;
        const { signal, ...rest } = set.known;
        const result = await observer.train(
          {
            present: times(set.present, k),
            absent: times(set.absent, k),
            known: { ...rest, signal: signal!.map((v) => v * k) },
          },
          parameters,
        );
        if (result.status !== "ok") throw new Error(result.cause);
        const own = await aucOf(trained, present, absent);
        const scaled = await aucOf(result, times(present, k), times(absent, k));
        // Rounding may swap a pair of scores that are all but equal: one pair in 62,500.
        expect(Math.abs(scaled.estimate - own.estimate)).toBeLessThan(1e-4);
      },
    );

    it("repeats to the last bit and changes nothing that it was given", async () => {
      const before = [set.present.data.slice(), present.data.slice()];
      const again = await train(set);
      const some = world.draw(5, { present: true, label: "repeat" });
      expect((await again.read(some)).scores).toEqual((await trained.read(some)).scores);
      expect([set.present.data, present.data]).toEqual(before);
    });

    it("returns a status, or warns, when there are too few images", async () => {
      const tiny = {
        present: world.draw(1, { present: true, label: "tiny" }),
        absent: world.draw(1, { present: false, label: "tiny" }),
        known: knownFor(1),
      };
      const result = await observer.train(tiny, parameters);
      if (result.status === "refused") {
        expect(result.cause.length).toBeGreaterThan(10);
        expect(result.remedy.length).toBeGreaterThan(5);
      } else {
        // It estimated no covariance: nothing to have too few images for.
        expect(result.dimension).toBe(0);
      }
    });

    it("refuses when what it needs is not known, and classes that differ", async () => {
      if (observer.needs.length > 0) {
        const bare = await observer.train({ present: set.present, absent: set.absent }, parameters);
        expect(bare.status).toBe("refused");
      }
      const other = casesOfRows(new Float32Array(4 * 64).fill(1), { shape: [8, 8] });
      await expect(
        observer.train({ present: other, absent: set.absent, known: set.known }, parameters),
      ).rejects.toThrow(InputError);
      await expect(trained.read(other)).rejects.toThrow(/found sizes 8×8 and 16×16/);
      await expect(observer.train(set, { nonsense: 1 })).rejects.toThrow(/nonsense/);
    });
  });
}
