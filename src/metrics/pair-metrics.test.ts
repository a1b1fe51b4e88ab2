import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { epi } from "./epi.ts";
import { mae } from "./mae.ts";
import { msSsim } from "./ms-ssim.ts";
import { niqe } from "./niqe.ts";
import { psnr } from "./psnr.ts";
import { qilv } from "./qilv.ts";
import { regionOfShape } from "./region.ts";
import { rmse } from "./rmse.ts";
import { sdme } from "./sdme.ts";
import { ssim } from "./ssim.ts";
import { vif } from "./vif.ts";
import type { MetricResult } from "./metric.ts";

const valueOf = (r: MetricResult): number => {
  if (r.status !== "ok") throw new Error(r.cause);
  return r.value;
};

const normalised = (f: (x: number, y: number) => number, n: number, m = n) =>
  makeImage(
    Float32Array.from({ length: n * m }, (_, i) => f(i % m, Math.floor(i / m))),
    [n, m],
    {
      unit: "normalised",
    },
  );

const wave = (n: number) => normalised((x, y) => 0.5 + 0.3 * Math.sin(x / 3) * Math.cos(y / 4), n);
const noisy = (n: number, sigma: number) => {
  const s = streamOf(5, "noise", n);
  const clean = wave(n);
  return makeImage(
    clean.data.map((v) => v + sigma * s.normal()),
    [n, n],
    { unit: "normalised" },
  );
};

describe("rmse, mae, psnr", () => {
  const a = makeImage(Float32Array.of(0, 1, 2, 3), [2, 2], { unit: "HU" });
  const b = makeImage(Float32Array.of(1, 1, 0, 3), [2, 2], { unit: "HU" });
  it("gives hand-worked values", () => {
    expect(valueOf(rmse.measure(a, { reference: b }))).toBeCloseTo(Math.sqrt(5 / 4), 12);
    expect(valueOf(mae.measure(a, { reference: b }))).toBeCloseTo(3 / 4, 12);
    expect(valueOf(psnr.measure(a, { reference: b, dataRange: 10 }))).toBeCloseTo(
      10 * Math.log10(100 / 1.25),
      12,
    );
  });

  it("states where the data range came from, and clips to the window unless told", () => {
    const window = { low: 0, high: 2 };
    const inWindow = psnr.measure(a, { reference: b, window });
    // Clipped: 0 1 2 2 against 1 1 0 2, mean square 5/4, range 2.
    expect(valueOf(inWindow)).toBeCloseTo(10 * Math.log10(4 / 1.25), 12);
    expect(inWindow.settings).toMatchObject({
      window,
      clip: "window",
      dataRange: 2,
      dataRangeFrom: "window",
    });
    expect(psnr.measure(a, { reference: b }).settings).toMatchObject({
      dataRange: 3,
      dataRangeFrom: "reference",
      clip: "none",
    });
  });

  it("averages per slice in dB, or pools the volume", () => {
    const volume = makeImage(Float32Array.of(1, 0, 0, 0, 2, 0, 0, 0), [2, 2, 2]);
    const zero = makeImage(new Float32Array(8), [2, 2, 2]);
    const db = (mse: number) => 10 * Math.log10(1 / mse);
    const context = { reference: zero, dataRange: 1 };
    expect(valueOf(psnr.measure(volume, context))).toBeCloseTo((db(0.25) + db(1)) / 2, 12);
    expect(valueOf(psnr.measure(volume, context, { averaging: "volume" }))).toBeCloseTo(
      db(5 / 8),
      12,
    );
  });

  it("has the known PSNR of white noise", () => {
    // Relative sd of the sample variance of 128² normal numbers is √(2/16384) = 1.1 %, 0.048 dB; bound 4 of them.
    expect(
      Math.abs(valueOf(psnr.measure(noisy(128, 0.1), { reference: wave(128) })) - 20),
    ).toBeLessThan(0.2);
  });
});

/** SSIM straight from its definition, one window at a time. */
function ssimByDefinition(
  a: Float32Array,
  b: Float32Array,
  n: number,
  options: { uniform: boolean; range: number },
): number {
  const side = options.uniform ? 7 : 11;
  const w: number[] = [];
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const c = (side - 1) / 2;
      w.push(options.uniform ? 1 : Math.exp(-((i - c) ** 2 + (j - c) ** 2) / (2 * 1.5 * 1.5)));
    }
  }
  const total = w.reduce((x, y) => x + y);
  const c1 = (0.01 * options.range) ** 2;
  const c2 = (0.03 * options.range) ** 2;
  let sum = 0;
  let count = 0;
  for (let y = 0; y + side <= n; y++) {
    for (let x = 0; x + side <= n; x++) {
      let ma = 0;
      let mb = 0;
      for (let k = 0; k < w.length; k++) {
        const p = (y + Math.floor(k / side)) * n + x + (k % side);
        ma += (w[k]! / total) * a[p]!;
        mb += (w[k]! / total) * b[p]!;
      }
      let va = 0;
      let vb = 0;
      let cov = 0;
      for (let k = 0; k < w.length; k++) {
        const p = (y + Math.floor(k / side)) * n + x + (k % side);
        va += (w[k]! / total) * (a[p]! - ma) ** 2;
        vb += (w[k]! / total) * (b[p]! - mb) ** 2;
        cov += (w[k]! / total) * (a[p]! - ma) * (b[p]! - mb);
      }
      const f = options.uniform ? 49 / 48 : 1;
      sum +=
        ((2 * ma * mb + c1) * (2 * f * cov + c2)) /
        ((ma * ma + mb * mb + c1) * (f * (va + vb) + c2));
      count++;
    }
  }
  return sum / count;
}

describe("ssim", () => {
  const a = noisy(24, 0.1);
  const b = wave(24);
  it.each([
    ["gaussian", 1, false],
    ["uniform", 1, true],
    ["gaussian", 2, false],
    ["uniform", 2, true],
  ] as const)(
    "agrees with the definition: %s window, range factor %d",
    (shape, factor, uniform) => {
      const found = ssim.measure(
        a,
        { reference: b },
        { "window-shape": shape, "range-factor": factor },
      );
      expect(valueOf(found)).toBeCloseTo(
        ssimByDefinition(a.data, b.data, 24, { uniform, range: factor }),
        10,
      );
    },
  );

  it("uses only windows centred inside the mask", () => {
    const mask = regionOfShape("rectangle:11,11,1,1", a);
    const own = ssim.measure(a, { reference: b, mask });
    const cut = (im: typeof a) =>
      Float32Array.from(
        { length: 121 },
        (_, k) => im.data[(6 + Math.floor(k / 11)) * 24 + 6 + (k % 11)]!,
      );
    expect(valueOf(own)).toBeCloseTo(
      ssimByDefinition(cut(a), cut(b), 11, { uniform: false, range: 1 }),
      10,
    );
  });
});

describe("ms-ssim", () => {
  it("is SSIM for one scale, and says when an image is too small", () => {
    const context = { reference: wave(64) };
    expect(valueOf(msSsim.measure(noisy(64, 0.05), context, { scales: 1 }))).toBeCloseTo(
      valueOf(ssim.measure(noisy(64, 0.05), context)),
      12,
    );
    const small = msSsim.measure(noisy(64, 0.05), context);
    expect(small).toMatchObject({ status: "undefined", remedy: "set scales to 3" });
  });
  it("falls with noise, less than SSIM does for fine noise", () => {
    const context = { reference: wave(192) };
    const ms = valueOf(msSsim.measure(noisy(192, 0.1), context));
    expect(ms).toBeLessThan(0.99);
    expect(ms).toBeGreaterThan(valueOf(ssim.measure(noisy(192, 0.1), context)));
  });
});

describe("epi", () => {
  it("separates its three definitions on a noisy image", () => {
    const context = { reference: wave(64) };
    const of = (definition: string) =>
      valueOf(epi.measure(noisy(64, 0.1), context, { definition }));
    expect(of("laplacian-correlation")).toBeLessThan(0.5);
    expect(of("sobel-correlation")).toBeLessThan(0.7);
    expect(of("gradient-ratio")).toBeGreaterThan(1); // rewards noise, as documented
  });
  it("is invariant to gain and offset in the two correlations", () => {
    const context = { reference: wave(32) };
    const scaled = makeImage(
      noisy(32, 0.02).data.map((v) => 3 * v + 7),
      [32, 32],
      { unit: "normalised" },
    );
    for (const definition of ["laplacian-correlation", "sobel-correlation"]) {
      expect(valueOf(epi.measure(scaled, context, { definition }))).toBeCloseTo(
        valueOf(epi.measure(noisy(32, 0.02), context, { definition })),
        5, // float32 rounding of the scaled image
      );
    }
  });
});

describe("sdme", () => {
  it("gives the hand-worked value of one block", () => {
    // Block values: max 9, min 1, centre 2, base 0: |9 − 4 + 1| / |9 + 4 + 1| = 6/14.
    const block = [1, 9, 5, 5, 2, 5, 5, 5, 5];
    const image = normalised((x, y) => block[(y % 3) * 3 + (x % 3)]!, 9);
    const window = { low: 0, high: 10 };
    expect(valueOf(sdme.measure(image, { window }, { block: 3, floor: 0 }))).toBeCloseTo(
      -20 * Math.log(6 / 14),
      6,
    );
  });
});

describe("qilv", () => {
  it("falls for smoothing and for noise", () => {
    const reference = noisy(64, 0.2);
    const half = makeImage(
      reference.data.map((v, i) => 0.5 * v + 0.5 * reference.data[(i + 1) % 4096]!),
      [64, 64],
      { unit: "normalised" },
    );
    expect(valueOf(qilv.measure(half, { reference }))).toBeLessThan(0.9);
    expect(
      qilv.measure(
        normalised(() => 1, 32),
        { reference: wave(32) },
      ).status,
    ).toBe("undefined");
  });
});

describe("vif", () => {
  it("is the closed form for a pure gain without noise", () => {
    // image = g·reference: v_e = 0, so VIF → Σ log(1 + g² v/2) / Σ log(1 + v/2) < 1 for g < 1 and > 1 for g > 1.
    const reference = wave(64);
    const gain = (g: number) =>
      makeImage(
        reference.data.map((v) => 0.5 + g * (v - 0.5)),
        [64, 64],
        { unit: "normalised" },
      );
    expect(valueOf(vif.measure(gain(0.5), { reference }))).toBeLessThan(1);
    expect(valueOf(vif.measure(gain(1.5), { reference }))).toBeGreaterThan(1);
    expect(valueOf(vif.measure(noisy(64, 0.1), { reference }))).toBeLessThan(0.4);
  });
});

describe("niqe", () => {
  it("orders images of one kind by their likeness to a good one of another draw", () => {
    const texture = (seed: number, blur: number, sigma: number) => {
      const s = streamOf(seed, "texture");
      const n = 128;
      let data = Float64Array.from(s.normals(n * n));
      for (let k = 0; k < 2 + blur; k++) {
        data = data.map(
          (v, i) => (v + data[(i + 1) % data.length]! + data[(i + n) % data.length]!) / 3,
        );
      }
      const noise = streamOf(seed, "extra");
      return makeImage(
        Float32Array.from(data, (v) => 0.5 + 0.5 * v + sigma * noise.normal()),
        [n, n],
        { unit: "normalised" },
      );
    };
    const reference = texture(1, 0, 0);
    const of = (blur: number, sigma: number) =>
      valueOf(niqe.measure(texture(2, blur, sigma), { reference }, { sharpest: 0 }));
    expect(of(0, 0)).toBeLessThan(of(6, 0));
    expect(of(0, 0)).toBeLessThan(of(0, 0.5));
  });
});
