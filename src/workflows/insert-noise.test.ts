import { afterAll, describe, expect, it } from "vitest";
import { type Image, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { abdomen } from "../phantoms/abdomen.ts";
import { waterInserts } from "../phantoms/water-inserts.ts";
import { ctFan } from "../physics/ct-fan.ts";
import { drawDoseNoise } from "../physics/low-dose.ts";
import { insertNoise } from "../cases/insert-noise.ts";

afterAll(endIdleWorkers);

const views = 400;
const water = waterInserts.draw(streamOf(3), { size: 160, slices: 1, diameterMm: 250 }).image;
const torso = abdomen.draw(streamOf(3), { size: 192 }).image;

/** A scan of the object by the scanner that the insertion assumes, and the same without noise. */
async function scan(object: Image, photons: number): Promise<{ noisy: Image; clean: Image }> {
  const parameters = { photons, views, kernel: "hann" };
  const { image, reference } = await ctFan.acquire(object, streamOf(4), parameters, {
    threads: 1,
    reference: true,
  });
  return { noisy: image, clean: reference! };
}

const deviation = (a: Image, b: Image, inside: Image): number => {
  let [sum, count] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    if (inside.data[i]! < -200 || inside.data[i]! > 300) continue;
    sum += (a.data[i]! - b.data[i]!) ** 2;
    count++;
  }
  return Math.sqrt(sum / count);
};

const given = { views, acceptTruncated: true };

describe("drawDoseNoise", () => {
  it.each([
    [3e5, 5],
    // So much electronic noise that it is most of it.
    [3e5, 300],
  ])(
    "is as strong as the noise of a scan: %d quanta, electronic noise %d",
    async (photons, electronicSd) => {
      const { image, reference } = await ctFan.acquire(
        water,
        streamOf(6),
        { photons, views, kernel: "hann", electronicSd },
        { threads: 1, reference: true },
      );
      const noise = await drawDoseNoise(reference!, {
        stream: streamOf(7),
        parameters: { views, photons, electronicSd },
        threads: 1,
      });
      const drawn = withData(
        image,
        noise.data.map((v, i) => v + reference!.data[i]!),
      );
      const ratio = deviation(drawn, reference!, water) / deviation(image, reference!, water);
      // Thousands of correlated pixels: a few per cent; the logarithm's higher orders at 300 quanta: a few more.
      expect(Math.abs(ratio - 1)).toBeLessThan(0.06);
    },
  );
});

describe("insertNoise", () => {
  it.each([
    ["water", water, 1e5],
    ["water", water, 1e6],
    ["an abdomen", torso, 3e5],
    ["an abdomen", torso, 3e6],
  ])("finds the quanta of a scan of %s", async (_, object, photons) => {
    const { noisy, clean } = await scan(object, photons);
    const low = await insertNoise(noisy, { dose: 0.25, parameters: given, threads: 1 });
    expect(low.quanta.from).toBe("measured");
    // The noise to 12 %, where structure is a third as strong, so the quanta to a quarter.
    const noise = Math.sqrt(photons / low.quanta.photons);
    expect(Math.abs(noise - 1)).toBeLessThan(0.12);
    // A quarter of the dose has twice the noise: √3 of it is added.
    const ratio = deviation(low.image, noisy, clean) / deviation(noisy, clean, clean);
    expect(Math.abs(ratio / Math.sqrt(3) - 1)).toBeLessThan(0.14);
    expect(low.parameters.photons).toBe(low.quanta.photons);
    expect(low.notes.join()).toMatch(/quanta at full dose: .* from the image's own noise/);
    expect(low.notes.join()).not.toMatch(/below a tenth/);
  });

  it("finds more quanta where the kernel is sharper than the image's", async () => {
    const { noisy } = await scan(water, 1e6);
    const quanta = async (kernel: "hann" | "ram-lak") =>
      (await insertNoise(noisy, { dose: 0.5, parameters: { ...given, kernel }, threads: 1 }))
        .quanta;
    const [hann, sharp] = [await quanta("hann"), await quanta("ram-lak")];
    expect(sharp.photons).toBeGreaterThan(2 * hann.photons);
  });

  it("takes quanta that are given, and warns where they add next to nothing", async () => {
    const { noisy } = await scan(water, 1e5);
    const parameters = { ...given, photons: 1e9 };
    const low = await insertNoise(noisy, { dose: 0.5, parameters, threads: 1 });
    expect(low.quanta).toEqual({ photons: 1e9, from: "given" });
    expect(low.notes.join()).toMatch(
      /the added noise, [\d.]+ HU, is below a tenth of the image's own noise, [\d.]+ HU/,
    );
    expect(low.notes.join()).toMatch(/without photons the quanta follow from that noise/);
  });

  it("keeps to the default where the image has no noise, and says so", async () => {
    const low = await insertNoise(water, { dose: 0.5, parameters: { views }, threads: 1 });
    expect(low.quanta).toEqual({ photons: 3e6, from: "default" });
    expect(low.notes.join()).toMatch(/the default/);
  });

  it("keeps what holds no measurement, and gives the same for the same seed", async () => {
    const { noisy } = await scan(water, 1e6);
    const options = { dose: 0.25, parameters: given, threads: 1 };
    const padding = new Uint8Array(noisy.data.length).fill(1, 0, 160);
    const one = await insertNoise(noisy, { ...options, seed: 5, padding });
    expect(one.image.data.slice(0, 160)).toEqual(noisy.data.slice(0, 160));
    const again = await insertNoise(noisy, { ...options, seed: 5, padding });
    expect(again.image.data).toEqual(one.image.data);
    const other = await insertNoise(noisy, { ...options, seed: 6, padding });
    expect(other.image.data).not.toEqual(one.image.data);
    expect(other.quanta.photons / one.quanta.photons).toBeGreaterThan(0.8);
  });
});
