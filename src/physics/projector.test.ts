import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { backprojectViews } from "../kernels/tomography.ts";
import { projectEllipses } from "./analytic.ts";
import { coneProjector } from "./cone-projector.ts";
import { parallelFor, pediatricScanner, requireSees, type PlanarGeometry } from "./geometry.ts";
import { squaredOperatorNorm, type LinearOperator } from "./operator.ts";
import { planarProjector, projectByDefinition } from "./planar-projector.ts";

const detector = { channels: 90, pitchMm: 4, offsetChannels: 0.25 };
const fan = { ...pediatricScanner, views: 36, detector };
const geometries: readonly (readonly [string, PlanarGeometry])[] = [
  ["arc fan", fan],
  ["flat fan", { ...fan, shape: "flat" }],
  ["parallel", { ...parallelFor({ fovMm: 120, pixelMm: 3, views: 25 }) }],
];
/** Neither square nor centred, so that transposition and shifts show. */
const grid = { nx: 44, ny: 37, pixelMm: [2.5, 3], centreMm: [4, -7] } as const;

const normals = (n: number, name: string): Float32Array =>
  Float32Array.from(streamOf(3, name).normals(n));
const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const norm = (a: Float32Array): number => Math.sqrt(dot(a, a));

/** |⟨Ax, y⟩ − ⟨x, Aᵀy⟩| / (‖Ax‖ ‖y‖) for random x and y. */
function adjointError(a: LinearOperator): number {
  const x = normals(a.domainLength, "x");
  const y = normals(a.rangeLength, "y");
  const ax = a.apply(x);
  return Math.abs(dot(ax, y) - dot(x, a.adjoint(y))) / (norm(ax) * norm(y));
}

/** ‖A(2x − 3z) − (2Ax − 3Az)‖ / ‖2Ax − 3Az‖ for random x and z. */
function linearityError(a: LinearOperator): number {
  const x = normals(a.domainLength, "x");
  const z = normals(a.domainLength, "z");
  const mixed = a.apply(x.map((v, i) => 2 * v - 3 * z[i]!));
  const az = a.apply(z);
  const wanted = a.apply(x).map((v, i) => 2 * v - 3 * az[i]!);
  return norm(mixed.map((v, i) => v - wanted[i]!)) / norm(wanted);
}

/** float32 sums of some hundred terms. */
const rounding = 2e-6;

describe.each(geometries)("planar projector, %s", (_name, geometry) => {
  const a = planarProjector(geometry, grid);

  it("is linear and has the transpose that it says", () => {
    expect(linearityError(a)).toBeLessThan(rounding);
    expect(adjointError(a)).toBeLessThan(rounding);
  });

  it("agrees with its definition in float64", () => {
    const x = normals(a.domainLength, "x");
    const kernel = a.apply(x);
    const definition = projectByDefinition(x, geometry, grid);
    let worst = 0;
    let most = 0;
    for (let i = 0; i < kernel.length; i++) {
      worst = Math.max(worst, Math.abs(kernel[i]! - definition[i]!));
      most = Math.max(most, Math.abs(definition[i]!));
    }
    // Places along a ray are float32 numbers up to 44: 4e-6 px each, over some 40 random pixels.
    expect(worst).toBeLessThan(2e-5 * most);
  });

  it("integrates a disc as its chord", () => {
    const fine = { nx: 256, ny: 256, pixelMm: [0.5, 0.5], centreMm: [0, 0] } as const;
    const disc = { centreMm: [10, -6], radiiMm: [35, 35], value: 0.02 } as const;
    const values = new Float32Array(256 * 256);
    const sub = 8;
    for (let j = 0; j < 256; j++) {
      for (let i = 0; i < 256; i++) {
        let inside = 0;
        for (let b = 0; b < sub; b++) {
          for (let c = 0; c < sub; c++) {
            const x = (i - 127.5 + (c + 0.5) / sub - 0.5) * 0.5 - 10;
            const y = (j - 127.5 + (b + 0.5) / sub - 0.5) * 0.5 + 6;
            if (x * x + y * y < 35 * 35) inside++;
          }
        }
        values[j * 256 + i] = (0.02 * inside) / (sub * sub);
      }
    }
    const sinogram = planarProjector(geometry, fine).apply(values);
    const truth = projectEllipses([disc], geometry);
    let square = 0;
    let worst = 0;
    for (let i = 0; i < truth.length; i++) {
      const error = Math.abs(sinogram[i]! - truth[i]!);
      square += error * error;
      worst = Math.max(worst, error);
    }
    // Peak 1.4. Interpolation errs at grazing rays alone, where the chord grows like a root: by a share
    // of the chord one eighth of a pixel inside, 2·0.02·√(2·35·0.0625) = 0.084.
    expect(Math.sqrt(square / truth.length)).toBeLessThan(0.004);
    expect(worst).toBeLessThan(0.084);
  });
});

describe("cone projector", () => {
  const geometry = {
    kind: "cone",
    views: 9,
    detector: { channels: 30, pitchMm: 5, offsetChannels: 0 },
    rows: 8,
    rowPitchMm: 5,
    sourceToIsoMm: 300,
    sourceToDetectorMm: 500,
    feedMm: 12,
    turns: 1.5,
    startZMm: -9,
  } as const;
  const volume = { shape: [9, 17, 21], spacing: [3, 4, 3.5], centreZMm: 1 } as const;
  const a = coneProjector(geometry, volume);

  it("is linear and has the transpose that it says", () => {
    expect(linearityError(a)).toBeLessThan(rounding);
    expect(adjointError(a)).toBeLessThan(rounding);
  });

  it("equals the planar projector in the middle plane of a z-uniform volume", () => {
    const flat = { ...geometry, feedMm: 0, startZMm: 0, turns: 1, rows: 3, rowPitchMm: 0.001 };
    const tall = { shape: [9, 17, 21], spacing: [3, 4, 3.5], centreZMm: 0 } as const;
    const slice = normals(17 * 21, "slice");
    const values = new Float32Array(9 * 17 * 21);
    for (let k = 0; k < 9; k++) values.set(slice, k * 17 * 21);
    const cone = coneProjector(flat, tall).apply(values);
    const plane = planarProjector(
      {
        kind: "fan",
        views: 9,
        detector: geometry.detector,
        sourceToIsoMm: 300,
        sourceToDetectorMm: 500,
        shape: "flat",
      },
      { nx: 21, ny: 17, pixelMm: [3.5, 4], centreMm: [0, 0] },
    ).apply(slice);
    for (let v = 0; v < 9; v++) {
      for (let c = 0; c < 30; c++) {
        expect(cone[(v * 3 + 1) * 30 + c]).toBeCloseTo(plane[v * 30 + c]!, 3);
      }
    }
  });
});

describe("backprojectViews", () => {
  const n = 32;
  const views = 12;
  const channels = 41;
  const pixel = 5;
  const distance = 400;
  const rows = normals(views * channels, "rows");
  const params = new Float32Array(6 * views);
  for (let v = 0; v < views; v++) {
    const c = Math.cos((2 * Math.PI * v) / views);
    const s = Math.sin((2 * Math.PI * v) / views);
    const x0 = (-(n - 1) / 2) * pixel;
    params.set(
      [-x0 * s + x0 * c, -pixel * s, pixel * c, distance - x0 * c - x0 * s, -pixel * c, -pixel * s],
      6 * v,
    );
  }

  it.each(["parallel", "flat", "arc"] as const)("agrees with its definition, %s", (mode) => {
    const scale = mode === "parallel" ? 0.2 : 90;
    const plan = { mode, params, channels, scale, centre: 20.25, nx: n, ny: n };
    const kernel = backprojectViews(rows, plan);
    const turned =
      mode === "parallel" ? kernel : backprojectViews(rows, { ...plan, quarterTurns: true });
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let v = 0; v < views; v++) {
          const [t0 = 0, tx = 0, ty = 0, l0 = 0, lx = 0, ly = 0] = params.subarray(
            6 * v,
            6 * v + 6,
          );
          const t = t0 + i * tx + j * ty;
          const depth = l0 + i * lx + j * ly;
          const q = mode === "parallel" ? t : mode === "flat" ? t / depth : Math.atan(t / depth);
          const weight =
            mode === "parallel" ? 1 : mode === "flat" ? 1 / depth ** 2 : 1 / (depth ** 2 + t * t);
          const place = q * scale + 20.25;
          const low = Math.floor(place);
          const at = (c: number): number => (c < 0 || c >= channels ? 0 : rows[v * channels + c]!);
          sum += weight * (at(low) + (place - low) * (at(low + 1) - at(low)));
        }
        const size = mode === "parallel" ? 1 : 1 / distance ** 2;
        // Places are float32 numbers up to 40: 4e-6 channels, times differences of about 3, 12 views.
        expect(Math.abs(kernel[j * n + i]! - sum)).toBeLessThan(3e-4 * size);
        expect(Math.abs(turned[j * n + i]! - sum)).toBeLessThan(3e-4 * size);
      }
    }
  });
});

describe("geometry", () => {
  it("says which object it cannot see", () => {
    expect(() => requireSees(pediatricScanner, 240)).toThrow(
      /found an object reaching 240\.0 mm from the axis, wanted at most the 23\d\.\d mm/,
    );
    expect(() => requireSees({ ...pediatricScanner, sourceToDetectorMm: 500 }, 10)).toThrow(
      /wanted the axis between them/,
    );
  });

  it("measures its operator's norm", () => {
    const a = planarProjector(fan, grid);
    const square = squaredOperatorNorm(a, { stream: streamOf(1) });
    const x = normals(a.domainLength, "n");
    expect((norm(a.apply(x)) / norm(x)) ** 2).toBeLessThan(square);
  });
});
