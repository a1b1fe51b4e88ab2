import { describe, expect, it } from "vitest";
import { gaussianWorld } from "../../test/worlds/gaussian-world.ts";
import { streamOf } from "../core/random.ts";
import { aucDeLong } from "../stats/auc.ts";
import { casesOfRows } from "./cases.ts";
import type { Cases } from "./cases.ts";
import { cnnIo } from "./cnn-io.ts";
import { fourierDetectability, hotellingFourier } from "./fourier-template.ts";
import type { Training } from "./observer.ts";
import { slnn } from "./slnn.ts";

const trained = (t: Training) => {
  if (t.status !== "ok") throw new Error(`${t.cause}; ${t.remedy}`);
  return t;
};

describe("single-layer network observer", () => {
  const shape = [8, 8];
  const world = gaussianWorld({ shape, sigma: 1, background: 0.7, amplitude: 1.2, width: 1.3 });
  const { signal, sigma, powerSpectrum } = world.known;
  const task = { signal, sigma, powerSpectrum, shape };
  const training = {
    present: world.draw(800, { present: true, label: "train" }),
    absent: world.draw(800, { present: false, label: "train" }),
  };

  it.each(["cross-entropy", "hotelling"])(
    "comes near the population Hotelling observer by %s",
    async (loss) => {
      const o = trained(await slnn.train(training, { loss, steps: 600, rate: 0.01, patience: 40 }));
      const best = hotellingFourier(task).detectability;
      const own = fourierDetectability(o.template!, task);
      // 640 images a class for 64 values: the sample Hotelling observer itself has efficiency about 0.9.
      expect((own / best) ** 2).toBeGreaterThan(0.75);
      expect(own).toBeLessThanOrEqual(best * (1 + 1e-9));
    },
  );

  it("refuses too few images to hold some out", async () => {
    const few = {
      present: world.draw(5, { present: true, label: "few" }),
      absent: world.draw(5, { present: false, label: "few" }),
    };
    expect(await slnn.train(few)).toMatchObject({
      status: "refused",
      remedy: expect.stringContaining("at least 10"),
    });
    expect(await cnnIo.train(few)).toMatchObject({ status: "refused" });
  });
});

describe("CNN approximation of the ideal observer", () => {
  it("sees a signal of random sign, which no linear observer can", async () => {
    const world = gaussianWorld({
      shape: [8, 8],
      sigma: 1,
      background: 0,
      amplitude: 3,
      width: 1.2,
    });
    const signed = (count: number, label: string): Cases => {
      const absent = world.draw(count, { present: false, label });
      const s = streamOf(9, label);
      const rows = absent.data.slice();
      for (let k = 0; k < count; k++) {
        const sign = s.uniform() < 0.5 ? -1 : 1;
        for (let i = 0; i < 64; i++) rows[k * 64 + i]! += sign * world.known.signal[i]!;
      }
      return casesOfRows(rows, { shape: [8, 8] });
    };
    const training = {
      present: signed(500, "p"),
      absent: world.draw(500, { present: false, label: "a" }),
    };
    const test = {
      present: signed(200, "tp"),
      absent: world.draw(200, { present: false, label: "ta" }),
    };
    const auc = async (t: Training) => {
      const o = trained(t);
      return aucDeLong({
        present: (await o.read(test.present)).scores,
        absent: (await o.read(test.absent)).scores,
      });
    };
    const linear = await auc(await slnn.train(training, { steps: 150, rate: 0.01 }));
    const deep = await auc(
      await cnnIo.train(training, {
        steps: 250,
        channels: 6,
        kernel: 3,
        "most-layers": 2,
        rate: 0.01,
        batch: 32,
        patience: 40,
      }),
    );
    // The ideal observer's AUC is above 0.99 here; a linear one's is 1/2.
    expect(Math.abs(linear.estimate - 0.5)).toBeLessThan(0.15);
    expect(deep.estimate).toBeGreaterThan(0.85);
  });
});
