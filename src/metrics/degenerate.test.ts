/** Metrics where a value does not exist, or exists for some slices or labels only. */
import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import type { Image } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { cnr } from "./cnr.ts";
import { dice } from "./dice.ts";
import { epi } from "./epi.ts";
import { hausdorff95 } from "./hausdorff95.ts";
import { mae } from "./mae.ts";
import type { MetricResult } from "./metric.ts";
import { niqe } from "./niqe.ts";
import { psnr } from "./psnr.ts";
import { qilv } from "./qilv.ts";
import { regionOfShape } from "./region.ts";
import { ssim } from "./ssim.ts";
import { surfaceDistance } from "./surface-distance.ts";
import { ttf } from "./ttf.ts";
import { vif } from "./vif.ts";

const side = 64;

const plane = (value: (x: number, y: number) => number, n = side): Image =>
  makeImage(
    Float32Array.from({ length: n * n }, (_, i) => value(i % n, Math.floor(i / n))),
    [n, n],
    { unit: "HU" },
  );

const stack = (...planes: Image[]): Image => {
  const n = planes[0]!.shape[1]!;
  const data = new Float32Array(planes.length * n * n);
  planes.forEach((p, k) => data.set(p.data, k * n * n));
  return makeImage(data, [planes.length, n, n], { unit: "HU" });
};

const constant = (c: number) => plane(() => c);
const wave = plane((x, y) => 40 + 30 * Math.sin(x / 3) * Math.cos(y / 4));
const noisy = (() => {
  const s = streamOf(3, "noise");
  return makeImage(
    wave.data.map((v) => v + 8 * s.normal()),
    wave.shape,
    { unit: "HU" },
  );
})();

const valueOf = (r: MetricResult): number => {
  if (r.status !== "ok") throw new Error(r.cause);
  return r.value;
};

describe("constants", () => {
  const range = { dataRange: 400 };

  it("carry no information, whatever their level: VIF of one is 0, and against one undefined", () => {
    for (const c of [0, 0.1, 7.3, 1000, -1024, 1e6]) {
      expect(valueOf(vif.measure(constant(c), { ...range, reference: wave }))).toBe(0);
      const against = vif.measure(noisy, { ...range, reference: constant(c) });
      expect(against).toMatchObject({
        status: "undefined",
        cause: expect.stringContaining("constant"),
      });
    }
    // An offset changes no variance and no covariance.
    const lifted = (im: Image) =>
      makeImage(
        im.data.map((v) => v + 1000),
        im.shape,
        { unit: "HU" },
      );
    const own = valueOf(vif.measure(noisy, { ...range, reference: wave }));
    const moved = valueOf(vif.measure(lifted(noisy), { ...range, reference: lifted(wave) }));
    expect(moved).toBeCloseTo(own, 5);
  });

  it("and ramps have no edges and no texture to keep", () => {
    const ramp = plane((x) => 0.1 * x);
    // Repeated border values give a ramp a second derivative there.
    const mask = regionOfShape("rectangle:8,8,48,48", ramp);
    for (const flat of [constant(0.3), ramp]) {
      expect(qilv.measure(flat, { reference: flat }).status).toBe("undefined");
      expect(qilv.measure(noisy, { reference: flat }).status).toBe("undefined");
      expect(epi.measure(noisy, { reference: flat, mask }).status).toBe("undefined");
    }
    expect(epi.measure(noisy, { reference: constant(0.3) }).status).toBe("undefined");
    const ratio = { definition: "gradient-ratio" };
    expect(epi.measure(noisy, { reference: constant(0.3) }, ratio).status).toBe("undefined");
    expect(valueOf(epi.measure(constant(0.3), { reference: wave }, ratio))).toBe(0);
  });

  it("give no data range: PSNR and its like ask for one instead of taking 1", () => {
    const water = constant(0);
    for (const metric of [psnr, ssim, vif]) {
      const found = metric.measure(noisy, { reference: water });
      expect(found).toMatchObject({
        status: "undefined",
        cause: expect.stringContaining("no data range"),
        settings: { dataRange: null },
      });
    }
    const given = valueOf(psnr.measure(constant(2), { reference: water, dataRange: 200 }));
    expect(given).toBeCloseTo(40, 10);
    expect(mae.measure(noisy, { reference: water }).status).toBe("ok");
  });

  it("have no noise: CNR is undefined also where a clipped value is no float32", () => {
    const image = plane((x) => (x < 20 ? 100 : 0.1));
    const regions = {
      mask: regionOfShape("rectangle:0,0,20,64", image),
      background: regionOfShape("rectangle:30,0,30,64", image),
    };
    for (const window of [undefined, { low: 0.1, high: 90.3 }]) {
      const found = cnr.measure(image, { ...regions, ...(window ? { window } : {}) });
      expect(found.status).toBe("undefined");
    }
  });

  it("and noise alone show no disk: TTF says so", () => {
    const mask = regionOfShape("disk:32,32,10", wave);
    for (const image of [constant(5), plane(() => 0, 64)]) {
      expect(ttf.measure(image, { mask })).toMatchObject({
        status: "undefined",
        cause: expect.stringContaining("no edge stands out"),
      });
    }
    let false50 = 0;
    for (let k = 0; k < 20; k++) {
      const s = streamOf(k, "disk noise");
      const image = plane(() => s.normal());
      if (ttf.measure(image, { mask }).status === "ok") false50++;
    }
    expect(false50).toBe(0);
    const tiny = regionOfShape("disk:32,32,1", wave);
    expect(ttf.measure(wave, { mask: tiny }).status).toBe("undefined");
  });

  it("are no good image for NIQE, and their own level does not matter", () => {
    const n = 96;
    const s = streamOf(4, "texture");
    const texture = plane(() => 100 + 20 * s.normal(), n);
    const flat = (c: number) => plane(() => c, n);
    const context = { dataRange: 200 };
    expect(niqe.measure(texture, { ...context, reference: flat(3) }).status).toBe("undefined");
    const [a, b] = [3, 77.7].map((c) =>
      valueOf(niqe.measure(flat(c), { ...context, reference: texture }, { sharpest: 0 })),
    );
    expect(a).toBe(b);
  });
});

describe("means over slices", () => {
  it("run over the slices that have a value, and say how many", () => {
    const reference = stack(wave, constant(5), wave);
    const image = stack(noisy, noisy, noisy);
    const whole = vif.measure(image, { reference, dataRange: 400 });
    const one = valueOf(vif.measure(noisy, { reference: wave, dataRange: 400 }));
    expect(whole).toMatchObject({
      status: "ok",
      count: { what: "slices", of: 3, counted: 2, without: ["slice 1"] },
      settings: { averaging: "per slice, then mean over 2 of 3 slices, the others have no value" },
    });
    expect(valueOf(whole)).toBeCloseTo(one, 12);
    const full = ssim.measure(image, { reference, dataRange: 400 });
    expect(full).toMatchObject({
      count: { of: 3, counted: 3, without: [] },
      settings: { averaging: "per slice, then mean over 3 slices" },
    });
    const none = vif.measure(image, {
      reference: stack(constant(1), constant(2), constant(3)),
      dataRange: 400,
    });
    expect(none.status).toBe("undefined");
  });

  it("name identical slices, one of which makes a mean PSNR infinite", () => {
    const found = psnr.measure(stack(noisy, wave), {
      reference: stack(wave, wave),
      dataRange: 400,
    });
    expect(found).toMatchObject({ value: Infinity, parts: { "identical slices": 1 } });
  });

  it("of a CNR count the slices that both regions reach, each with its own part of them", () => {
    const s = streamOf(6, "volume");
    const volume = makeImage(
      Float32Array.from({ length: 6 * side * side }, () => s.normal()),
      [6, side, side],
    );
    // Bright where z ≥ 3: a region of slices 3 to 5 alone must not be read from slices 0 to 2.
    for (let i = 3 * side * side; i < volume.data.length; i++) {
      if (i % side < 16) volume.data[i]! += 50;
    }
    const found = cnr.measure(volume, {
      mask: regionOfShape("box:0,0,3,16,64,3", volume),
      background: regionOfShape("box:20,0,2,40,64,4", volume),
    });
    expect(found).toMatchObject({
      count: { of: 3, counted: 3 },
      settings: { averaging: "per slice that both regions reach, then mean over 3 slices" },
    });
    expect(valueOf(found)).toBeGreaterThan(45);
  });
});

describe("several labels", () => {
  const box = (label: number, x0: number) => (x: number, y: number) =>
    x >= x0 && x < x0 + 8 && y >= 8 && y < 40 ? label : 0;
  const organs = (...boxes: ((x: number, y: number) => number)[]) =>
    plane((x, y) => boxes.reduce((found, b) => found || b(x, y), 0));
  // Label 1 moved by 2 px, label 2 in place, label 3 in the reference alone, label 4 in the image alone.
  const image = organs(box(1, 2), box(2, 20), box(4, 50));
  const reference = organs(box(1, 4), box(2, 20), box(3, 36));

  it("give the distances of those that both images hold, and name the others", () => {
    for (const metric of [hausdorff95, surfaceDistance]) {
      const found = metric.measure(image, { reference });
      const alone = valueOf(metric.measure(image, { reference }, { label: 1 }));
      expect(found).toMatchObject({
        status: "ok",
        value: alone / 2,
        parts: { "label 1": alone, "label 2": 0 },
        count: { what: "labels", of: 4, counted: 2, without: ["label 3", "label 4"] },
        settings: {
          averaging:
            "per label over the whole image, then mean over 2 of 4 labels, the others have no value",
        },
      });
      expect(metric.measure(image, { reference }, { label: 3 }).status).toBe("undefined");
      expect(metric.measure(image, { reference }, { label: 9 }).status).toBe("undefined");
    }
    expect(valueOf(hausdorff95.measure(image, { reference }, { label: 1 }))).toBe(2);
  });

  it("give an overlap of 0 to a label that one image lacks, and look inside the mask alone", () => {
    const all = dice.measure(image, { reference });
    expect(all).toMatchObject({
      value: (0.75 + 1) / 4,
      parts: { "label 1": 0.75, "label 2": 1, "label 3": 0, "label 4": 0 },
      count: { of: 4, counted: 4 },
    });
    const mask = regionOfShape("rectangle:0,0,32,64", image);
    expect(dice.measure(image, { reference, mask })).toMatchObject({
      value: 0.875,
      count: { of: 2, counted: 2 },
    });
  });
});
