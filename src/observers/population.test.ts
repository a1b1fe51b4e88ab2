import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { normalCdf, normalQuantile } from "../math/normal.ts";
import { trainedDetectability } from "../stats/detectability.ts";
import { casesOfRows } from "./cases.ts";
import { cho } from "./cho.ts";
import { channelOutputs } from "./channels/channel-set.ts";
import { gabor } from "./channels/gabor.ts";
import { observeArms } from "./observe.ts";

const side = 16;
const size = side * side;
const gabors = { channels: "gabor" };

/** A signal for which the population's CHO on 40 Gabor channels has AUC 0.9 in unit white noise. */
const channels = gabor([side, side], {
  centre: [8, 8],
  lowest: 1 / 64,
  bands: 4,
  angles: 5,
  phases: [0, Math.PI / 2],
});
const blob = Float64Array.from({ length: size }, (_, i) =>
  Math.exp(-(((i % side) - 8) ** 2 + (Math.floor(i / side) - 8) ** 2) / 8),
);

function images(stream: ReturnType<typeof streamOf>, n: number, signal?: Float64Array) {
  const rows = Float32Array.from(stream.normals(n * size));
  if (signal) for (let i = 0; i < rows.length; i++) rows[i]! += signal[i % size]!;
  return casesOfRows(rows, { shape: [side, side], unit: "normalised" });
}

/** d' of the population's CHO in unit white noise: the length of the signal's part in the channels' span. */
function populationOf(signal: Float64Array): number {
  // Gram–Schmidt on the channels, twice for rounding.
  const basis: Float64Array[] = [];
  for (let c = 0; c < channels.count; c++) {
    const row = channels.rows.slice(c * size, (c + 1) * size);
    for (let pass = 0; pass < 2; pass++) {
      for (const b of basis) {
        const along = b.reduce((s, v, i) => s + v * row[i]!, 0);
        for (let i = 0; i < size; i++) row[i]! -= along * b[i]!;
      }
    }
    const length = Math.hypot(...row);
    if (length > 1e-6) basis.push(row.map((v) => v / length));
  }
  return Math.hypot(...basis.map((b) => b.reduce((s, v, i) => s + v * signal[i]!, 0)));
}

const aimed = Math.SQRT2 * normalQuantile(0.9);
const scale = aimed / populationOf(blob);
const signal = blob.map((v) => v * scale);

describe("d' of the population", () => {
  it("is unbiased and covered where a hold-out area is far below and its interval misses", async () => {
    const repetitions = 60;
    let [held, heldOut, sumOf, areas] = [0, 0, 0, 0];
    for (let k = 0; k < repetitions; k++) {
      const stream = streamOf(k, "population");
      const arm = {
        name: "noisy",
        present: images(stream, 100, signal),
        absent: images(stream, 100),
      };
      const { rows, findings } = await observeArms([arm], [{ observer: cho, parameters: gabors }], {
        protocol: { kind: "hold-out", trainFraction: 0.5 },
      });
      const [row] = rows;
      const { interval, auc } = row!.population!;
      if (interval.lower <= aimed && aimed <= interval.upper) held++;
      if (row!.area!.interval.lower <= 0.9 && 0.9 <= row!.area!.interval.upper) heldOut++;
      sumOf += auc.estimate / repetitions;
      areas += row!.area!.estimate / repetitions;
      const [finding] = findings.filter(({ name }) => name === "finite-training");
      expect(finding!.severity).toBe("warning");
      expect(finding!.reason).toContain("50 + 50 images for 40 channels");
      expect(finding!.remedy).toMatch(/train on \d+ \+ \d+ images/);
    }
    // 60 intervals of 95 %: fewer than 52 in one of 10,000 runs; hold-out's hold in a quarter.
    expect(held).toBeGreaterThanOrEqual(52);
    expect(heldOut).toBeLessThan(30);
    expect(Math.abs(sumOf - 0.9)).toBeLessThan(0.02);
    // The closed form of a template trained on 50 + 50 images.
    const expected = trainedDetectability(aimed, { present: 50, absent: 50, channels: 40 });
    expect(Math.abs(areas - normalCdf(expected / Math.SQRT2))).toBeLessThan(0.02);
  });

  it("uses the signal's outputs where they are known, and says when images are too few", async () => {
    const stream = streamOf(1, "known");
    const arm = { name: "noisy", present: images(stream, 60, signal), absent: images(stream, 60) };
    const parameters = { channels: "sparse-gaussians" };
    const run = (more: object) =>
      observeArms([arm], [{ observer: cho, parameters: { ...parameters, ...more } }], {
        known: { signal },
      });
    const [plain] = (await run({})).rows;
    const [known] = (await run({ template: "signal" })).rows;
    expect(known!.population!.method).toContain("known signal");
    const width = (row: typeof plain) =>
      row!.population!.interval.upper - row!.population!.interval.lower;
    expect(width(known)).toBeLessThan(width(plain));
    // Learned channels and internal noise have no such estimate.
    expect((await run({ "internal-noise": 1 })).rows[0]!.population).toBeUndefined();
    const learned = await run({ channels: "partial-least-squares", count: 3 });
    expect(learned.rows[0]!.population).toBeUndefined();
  });

  it("is a note, not a warning, with enough images", async () => {
    const stream = streamOf(2, "many");
    const arm = {
      name: "noisy",
      present: images(stream, 400, signal),
      absent: images(stream, 400),
    };
    const { findings } = await observeArms(
      [arm],
      [{ observer: cho, parameters: { channels: "sparse-gaussians" } }],
      {},
    );
    expect(findings.find(({ name }) => name === "finite-training")!.severity).toBe("note");
    expect(channelOutputs(channels, arm.present).length).toBe(400 * 40);
  });
});
