import { expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { interpret } from "../graph/interpret.ts";
import { input } from "../graph/ops/input.ts";
import { lower } from "../graph/lower.ts";
import { declare } from "./scope.ts";
import { selfAttention } from "./self-attention.ts";

const [channels, depth, ny, nx, keys] = [3, 2, 3, 4, 2];

it("adds what every voxel sees in its plane and along the depth, by the definition", () => {
  const shape = [1, channels, depth, ny, nx];
  const declared = declare();
  const y = selfAttention(declared.scope, input("x", shape), { keys });
  const stream = streamOf(4, "attention");
  const drawn = (of: readonly number[]) => ({
    shape: of,
    data: Float64Array.from({ length: of.reduce((n, s) => n * s, 1) }, () => stream.normal()),
  });
  const x = drawn(shape);
  const weights = Object.fromEntries(
    declared.parameters.map(({ name, shape: own }) => [name, drawn(own)]),
  );
  const [found] = interpret([y], { x, ...weights });

  const at = (c: number, z: number, r: number, s: number) =>
    z < 0 || r < 0 || s < 0 || z >= depth || r >= ny || s >= nx
      ? 0
      : x.data[((c * depth + z) * ny + r) * nx + s]!;
  const one = (name: string, o: number, z: number, r: number, s: number) => {
    let sum = weights[`${name}.bias`]!.data[o]!;
    for (let c = 0; c < channels; c++) {
      sum += weights[`${name}.weight`]!.data[o * channels + c]! * at(c, z, r, s);
    }
    return sum;
  };
  const value = (o: number, z: number, r: number, s: number) => {
    let sum = weights["value.bias"]!.data[o]!;
    for (let c = 0; c < channels; c++) {
      for (let k = 0; k < 27; k++) {
        const [dz, dr, ds] = [Math.floor(k / 9) - 1, (Math.floor(k / 3) % 3) - 1, (k % 3) - 1];
        const weight = weights["value.weight"]!.data[(o * channels + c) * 27 + k]!;
        sum += weight * at(c, z + dz, r + dr, s + ds);
      }
    }
    return sum;
  };
  type Voxel = readonly [number, number, number];
  const seen = (o: number, from: Voxel, others: readonly Voxel[]) => {
    const scores = others.map((other) => {
      let score = 0;
      for (let k = 0; k < keys; k++) score += one("query", k, ...from) * one("key", k, ...other);
      return Math.exp(score);
    });
    const total = scores.reduce((a, b) => a + b, 0);
    return others.reduce((sum, other, i) => sum + (scores[i]! / total) * value(o, ...other), 0);
  };
  const gain = weights["gain"]!.data[0]!;
  for (let o = 0; o < channels; o++) {
    for (let z = 0; z < depth; z++) {
      for (let r = 0; r < ny; r++) {
        for (let s = 0; s < nx; s++) {
          const plane = Array.from(
            { length: ny * nx },
            (_, i) => [z, Math.floor(i / nx), i % nx] as const,
          );
          const column = Array.from({ length: depth }, (_, k) => [k, r, s] as const);
          const looked = seen(o, [z, r, s], plane) + seen(o, [z, r, s], column);
          const wanted = at(o, z, r, s) + gain * looked;
          expect(found!.data[((o * depth + z) * ny + r) * nx + s]).toBeCloseTo(wanted, 8);
        }
      }
    }
  }
});

it("takes images of sizes that are not known", () => {
  const y = selfAttention(declare().scope, input("x", ["N", 8, "H", "W"]), { keys: 1 });
  expect(y.type.shape).toEqual(["N", 8, "H", "W"]);
  expect(lower({ y }).nodes.some(({ operator }) => operator === "Softmax")).toBe(true);
});
