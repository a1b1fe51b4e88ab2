import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import type { ParameterTable } from "../core/parameters.ts";
import { gaussian } from "../noise/gaussian.ts";
import { abdomen } from "../phantoms/abdomen.ts";
import { binaryTexture } from "../phantoms/binary-texture.ts";
import { disk } from "../phantoms/signals/disk.ts";
import { openCases } from "./case-source.ts";
import { signalSchema } from "./description.ts";
import { checkSpreads, drawSpreads, fixedValues, spreadSchema } from "./spread.ts";

const named = (name: string, options: object = {}) => ({ name, options: { ...options } });
const signal = (fields: object) => signalSchema.parse(fields);

describe("values drawn for every case", () => {
  const table: ParameterTable = {
    dose: { type: "number", unit: "1", min: 0.001, max: 1, about: "dose" },
    count: { type: "integer", unit: "1", min: 1, max: 9, about: "count" },
    kernel: { type: "choice", choices: ["sharp", "soft"], default: "soft", about: "kernel" },
  };
  const spread = (value: unknown) => spreadSchema.parse(value);

  it("have the distributions that they state", () => {
    const spreads = {
      dose: spread({ from: 0.01, to: 1, scale: "log" }),
      count: spread({ from: 2, to: 5 }),
      kernel: spread({ oneOf: ["sharp", "soft"] }),
    };
    const draws = 20_000;
    const logs: number[] = [];
    const counts = new Map<unknown, number>();
    for (let n = 0; n < draws; n++) {
      const drawn = drawSpreads(streamOf(1, n), spreads, table);
      logs.push(Math.log(drawn.dose as number));
      for (const value of [drawn.count, drawn.kernel]) {
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    }
    // log(dose) is uniform on [log 0.01, 0]: mean ± 5 standard errors of width/√(12 n).
    const width = Math.log(100);
    const mean = logs.reduce((a, b) => a + b, 0) / draws;
    expect(Math.abs(mean + width / 2)).toBeLessThan((5 * width) / Math.sqrt(12 * draws));
    expect(Math.min(...logs)).toBeGreaterThanOrEqual(-width);
    for (const [value, share] of [
      [2, 1 / 4],
      [3, 1 / 4],
      [4, 1 / 4],
      [5, 1 / 4],
      ["sharp", 1 / 2],
    ] as const) {
      const bound = 5 * Math.sqrt(draws * share * (1 - share));
      expect(Math.abs(counts.get(value)! - draws * share), String(value)).toBeLessThan(bound);
    }
    expect(new Set(counts.keys())).toEqual(new Set([2, 3, 4, 5, "sharp", "soft"]));
  });

  it("do not depend on what else is drawn, and draw nothing where they are fixed", () => {
    const dose = spread({ from: 0.1, to: 1 });
    const both = { count: spread({ from: 1, to: 9 }), dose };
    expect(drawSpreads(streamOf(2), both, table).dose).toBe(
      drawSpreads(streamOf(2), { dose }, table).dose,
    );
    expect(fixedValues({ dose: 0.5, kernel: "soft" })).toEqual({ dose: 0.5, kernel: "soft" });
    expect(fixedValues({ dose })).toBeUndefined();
  });

  it.each([
    [{ dose: { from: 0.1, to: 2 } }, /parameter dose of scan: found 2, wanted a number from 0.001/],
    [{ dose: { from: 1, to: 0.1 } }, /found a range from 1 to 0.1, wanted them rising/],
    [{ dose: { from: -1, to: 1, scale: "log" } }, /from -1 on a logarithmic scale/],
    [{ kernel: { oneOf: ["soft", "shrap"] } }, /parameter kernel of scan: found "shrap"/],
    [{ dosis: 1 }, /parameter dosis of scan: found no such parameter/],
  ])("refuse %j", (given, message) => {
    const spreads = Object.fromEntries(Object.entries(given).map(([k, v]) => [k, spread(v)]));
    expect(() => checkSpreads("scan", table, spreads)).toThrow(message);
  });
});

describe("cases", () => {
  const texture = {
    object: named("binary-texture", { size: 32 }),
    noise: named("gaussian", { sigma: 0.1 }),
    signal: signal({ name: "disk", options: { radiusMm: 2, amplitude: 0.07 } }),
  };

  it("are what phantom, signal and noise draw from streams of these names", async () => {
    const cases = await openCases(texture, { seed: 5 });
    const root = streamOf(5, "test", "present", 3);
    const drawn = await cases.draw(root, { present: true });
    const object = binaryTexture.draw(root.child("object"), { size: 32 }).image;
    const added = disk.render(
      { shape: [32, 32], spacing: [1, 1, 1] },
      texture.signal.options as never,
    );
    const clean = { ...object, data: object.data.map((v, i) => v + added[i]!) };
    expect(drawn.reference.data).toEqual(clean.data);
    const noisy = gaussian.add(clean, root.child("noise"), { sigma: 0.1 });
    expect(drawn.noisy.data).toEqual(noisy.data);
    expect(drawn.sigma).toBeCloseTo(0.1, 12);
    expect(drawn.place).toEqual([16, 16]);
    const again = await cases.draw(root, { present: true, noise: "again" });
    expect(again.reference.data).toEqual(clean.data);
    expect(again.noisy.data).not.toEqual(noisy.data);
    expect(cases.population()!.shape).toEqual([32, 32]);
  });

  it("draw an object anew that has no place for the signal, and give up where none has", async () => {
    const object = named("abdomen", { size: 48, fovMm: 420, zMm: { from: -110, to: 130 } });
    const noise = named("gaussian", { sigma: 10 });
    const disk = { name: "disk", options: { radiusMm: 6, amplitude: -20 } };
    const within = { label: "kidney", marginMm: 0 };
    const plain = await openCases({ object, noise }, { seed: 1 });
    const cases = await openCases(
      { object, noise, signal: signal({ ...disk, within }) },
      { seed: 1 },
    );
    const kidney = Number(Object.entries(cases.labels).find(([, name]) => name === "kidney")![0]);
    let anew = 0;
    for (let n = 0; n < 5; n++) {
      const { place, labels } = await cases.draw(streamOf(7, n));
      const [y, x] = place as [number, number];
      expect(labels!.data[y * 48 + x]).toBe(kidney);
      const first = (await plain.draw(streamOf(7, n))).labels!.data;
      // What has a place is kept as it was drawn first.
      if (first.includes(kidney)) expect(labels!.data).toEqual(first);
      else anew++;
    }
    expect(anew).toBeGreaterThan(0);
    const nowhere = { ...within, marginMm: 150 };
    const none = await openCases(
      { object, noise, signal: signal({ ...disk, within: nowhere }) },
      { seed: 1 },
    );
    await expect(none.draw(streamOf(7, 0))).rejects.toThrow(/found no voxel of kidney/);
  });

  it("put signals within a class of the object, as far from its border as asked", async () => {
    const object = named("abdomen", { size: 96 });
    const within = { label: "liver", marginMm: 8 };
    const cases = await openCases(
      {
        object,
        noise: named("gaussian", { sigma: 10 }),
        signal: signal({ name: "disk", options: { radiusMm: 6, amplitude: -20 }, within }),
      },
      { seed: 1 },
    );
    const seen = new Set<string>();
    for (let n = 0; n < 4; n++) {
      const stream = streamOf(1, n);
      const { place, labels, object: image } = await cases.draw(stream, { present: true });
      const plain = (await cases.draw(stream)).object;
      seen.add(String(place));
      const [y, x] = place as [number, number];
      const [, pitch] = image.spacing;
      const liver = Number(Object.entries(cases.labels).find(([, name]) => name === "liver")![0]);
      // By definition: every voxel within the margin is of the class.
      const reach = Math.ceil(8 / pitch);
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          if (Math.hypot(dy, dx) * pitch >= 8) continue;
          expect(labels!.data[(y + dy) * 96 + x + dx]).toBe(liver);
        }
      }
      expect(image.data[y * 96 + x]! - plain.data[y * 96 + x]!).toBeCloseTo(-20, 4);
      expect(Object.keys(abdomen.labels)).toContain(String(liver));
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  it("know the signal's place and the noise level in scans of another grid", async () => {
    const cases = await openCases(
      {
        object: named("water-inserts", { size: 96 }),
        acquisition: named("ct-fan", { dose: 0.5, imageSize: 64, imageFovMm: 200 }),
        signal: signal({
          name: "gaussian-blob",
          options: { sigmaMm: 6, amplitude: 40 },
          centre: [40, 61],
        }),
      },
      { seed: 2 },
    );
    const { absent, present, place } = await cases.pair(streamOf(2, 0));
    // The scan is linear: the difference is the blurred signal, and blur moves no centre of mass.
    let [total, y, x] = [0, 0, 0];
    present.data.forEach((v, i) => {
      const d = v - absent.data[i]!;
      if (Math.abs(d) < 4) return;
      total += d;
      y += d * Math.floor(i / 64);
      x += d * (i % 64);
    });
    expect(present.shape).toEqual([64, 64]);
    expect(y / total).toBeCloseTo(place[0]!, 1);
    expect(x / total).toBeCloseTo(place[1]!, 1);
    const scans = [0].map((n) => cases.draw(streamOf(2, 0), { noise: String(n) }));
    for (const { noisy, reference, sigma } of await Promise.all(scans)) {
      const square = noisy.data.reduce((sum, v, i) => sum + (v - reference.data[i]!) ** 2, 0);
      expect(sigma).toBeCloseTo(Math.sqrt(square / noisy.data.length), 1);
      expect(sigma).toBeGreaterThan(1);
    }
  });

  it("draw signals of many names, sizes and forms, each in its own case", async () => {
    const cases = await openCases(
      {
        ...texture,
        signal: signal({
          name: ["disk", "spiculated"],
          options: { amplitude: { from: 0.1, to: 0.2 }, radiusMm: { oneOf: [2, 3] } },
          places: [
            [10, 10],
            [20, 21],
          ],
        }),
      },
      { seed: 3 },
    );
    expect(cases.signals!.sameSignal).toBe(false);
    const kinds = new Set<string>();
    const forms = new Set<string>();
    for (let n = 0; n < 24; n++) {
      const drawn = await cases.draw(streamOf(3, n), { present: true });
      const { signal: own, amplitude, radiusMm } = drawn.drawn.signal;
      expect(amplitude).toBeGreaterThanOrEqual(0.1);
      expect(amplitude).toBeLessThanOrEqual(0.2);
      kinds.add(`${String(own)} ${String(radiusMm)} ${String(drawn.place)}`);
      if (own === "spiculated") forms.add(String(drawn.object.data));
    }
    expect(kinds.size).toBe(8);
    expect(forms.size).toBeGreaterThan(4);
  });

  it("draw where the signal is evenly from the disk about the place where it is expected", async () => {
    const toleranceMm = 3;
    const blob = { name: "gaussian-blob", options: { sigmaMm: 1.5, amplitude: 1 } };
    const exact = await openCases({ ...texture, signal: signal(blob) }, { seed: 3 });
    const loose = { ...texture, signal: signal({ ...blob, toleranceMm }) };
    const cases = await openCases(loose, { seed: 3 });
    expect([exact.signals!.samePlace, cases.signals!.samePlace]).toEqual([true, false]);
    let square = 0;
    const count = 200;
    for (let n = 0; n < count; n++) {
      const { place, expected } = await cases.draw(streamOf(3, n));
      expect(expected).toEqual([16, 16]);
      const distance = Math.hypot(place![0]! - 16, place![1]! - 16);
      expect(distance).toBeLessThanOrEqual(toleranceMm);
      square += distance ** 2 / count;
    }
    // Evenly from a disk of radius r: the mean square is r²/2, its variance r⁴/12.
    expect(Math.abs(square - toleranceMm ** 2 / 2)).toBeLessThan(
      (5 * toleranceMm ** 2) / Math.sqrt(12 * count),
    );
    // What is added lies at the place that is told.
    const { present, absent, place } = await cases.pair(streamOf(3, 1));
    let [total, y] = [0, 0];
    present.data.forEach((v, i) => {
      total += v - absent.data[i]!;
      y += (v - absent.data[i]!) * Math.floor(i / 32);
    });
    expect(y / total).toBeCloseTo(place[0]!, 2);
  });

  it.each([
    [{ object: named("binary-textur") }, /found no phantom binary-textur, wanted/],
    [{ noise: undefined }, /found neither noise nor acquisition/],
    [{ acquisition: named("ct-fan") }, /found both noise and acquisition/],
    [
      { signal: signal({ name: "disk", options: { radius: 2 } }) },
      /parameter radius of signal disk/,
    ],
    [
      { signal: signal({ name: ["disk", "doublet"], options: { radius: 2 } }) },
      /parameter radius of signals disk, doublet: found no such/,
    ],
    [
      { signal: signal({ name: "disk", centre: [1, 2], places: [[1, 2]] }) },
      /found 2 of centre, places and within/,
    ],
  ])("refuse %j", async (change, message) => {
    await expect(openCases({ ...texture, ...change }, { seed: 1 })).rejects.toThrow(message);
  });
});
