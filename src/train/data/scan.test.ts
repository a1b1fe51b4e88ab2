import { describe, expect, it } from "vitest";
import { mapInWorkers } from "../../parallel/index.ts";
import { drawScan, drawScanWork, scanKey, scanVersion } from "./scan.ts";
import { smallScan } from "./scan.fixture.ts";

const deviation = (a: Float32Array, b: Float32Array) =>
  Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0) / a.length);

describe("scans", () => {
  it("are the same in any thread", async () => {
    const tasks = [0, 1, 2].map((number) => ({ ...smallScan, number }));
    const here = await Promise.all(tasks.map(drawScan));
    expect(await mapInWorkers(drawScanWork, tasks, { threads: 2 })).toEqual(here);
    expect(here[1]!.noisy).not.toEqual(here[0]!.noisy);
  });

  it("have the object's classes on the grid of the image", async () => {
    const scan = await drawScan({ ...smallScan, present: 0 });
    expect(scan.shape).toEqual([1, 40, 40]);
    // Water is 0 HU and air -1000: outside the body and a threshold between them agree but for the border.
    const same = scan.labels!.filter((value, i) => (value === 0) === scan.clean[i]! < -500);
    expect(same.length / 1600).toBeGreaterThan(0.97);
  });

  it("have a second image of the same object and dose with other noise", async () => {
    let [ratio, product] = [0, 0];
    for (let number = 0; number < 6; number++) {
      const { noisy, clean, again } = await drawScan({ ...smallScan, number });
      const [one, two] = [deviation(noisy, clean), deviation(again!, clean)];
      ratio = Math.max(ratio, one / two, two / one);
      let sum = 0;
      clean.forEach((v, i) => (sum += (noisy[i]! - v) * (again![i]! - v)));
      product = Math.max(product, Math.abs(sum / clean.length / (one * two)));
    }
    // Doses differ a hundredfold from scan to scan, deviations tenfold; 1600 pixels hold about 400 independent ones.
    expect(ratio).toBeLessThan(1.3);
    expect(product).toBeLessThan(5 / Math.sqrt(400));
  });

  it("hold the signal in the share that is asked for, in the same objects", async () => {
    const draw = (number: number, present: number) => drawScan({ ...smallScan, number, present });
    const half = await Promise.all([...Array(12).keys()].map((number) => draw(number, 0.5)));
    const with_ = half.filter(({ signal }) => signal!.present).length;
    expect(with_).toBeGreaterThan(0);
    expect(with_).toBeLessThan(12);
    expect((await draw(0, 1)).signal!.present).toBe(true);
  });

  it("are named by all that decides their numbers", () => {
    const key = scanKey(smallScan);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const { acquisition, ...rest } = smallScan.description;
    const reordered = { acquisition, ...rest };
    expect(scanKey({ ...smallScan, description: reordered })).toBe(key);
    for (const change of [
      { seed: 4 },
      { number: 1 },
      { role: "validation" as const },
      { again: false },
      { present: 0.4 },
      { description: { ...smallScan.description, object: { name: "abdomen", options: {} } } },
    ]) {
      expect(scanKey({ ...smallScan, ...change })).not.toBe(key);
    }
  });

  it("have the numbers of their version: change `scanVersion` with them", async () => {
    const scan = await drawScan({ ...smallScan, present: 1 });
    const { dose, kernel } = scan.drawn["imaging"] as Record<string, unknown>;
    const sum = (data: Float32Array) => data.reduce((a, b) => a + b, 0) / data.length;
    expect({
      version: scanVersion,
      dose: Number((dose as number).toPrecision(6)),
      kernel,
      noisy: Number(sum(scan.noisy).toPrecision(6)),
      clean: Number(sum(scan.clean).toPrecision(6)),
      noise: Number(deviation(scan.noisy, scan.clean).toPrecision(6)),
    }).toMatchInlineSnapshot(`
      {
        "clean": -348.198,
        "dose": 0.0133197,
        "kernel": "hann",
        "noise": 10.8395,
        "noisy": -348.172,
        "version": 2,
      }
    `);
  });
});
