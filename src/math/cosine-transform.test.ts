import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { cosineTransform } from "./cosine-transform.ts";

/** The definition, along one axis of length n. */
function defined(x: readonly number[]): number[] {
  const n = x.length;
  return x.map((_, k) => {
    let sum = 0;
    x.forEach((v, i) => (sum += v * Math.cos((Math.PI * (2 * i + 1) * k) / (2 * n))));
    return sum * Math.sqrt((k === 0 ? 1 : 2) / n);
  });
}

const draw = (size: number) => {
  const stream = streamOf(3, "cosine", size);
  return Float64Array.from({ length: size }, () => stream.normal());
};

describe("cosine transform", () => {
  it.each([1, 2, 3, 8, 15, 37, 128])("of %i values is its definition", (n) => {
    const x = draw(n);
    const wanted = defined([...x]);
    cosineTransform(x, { shape: [n] }).forEach((v, k) => expect(v).toBeCloseTo(wanted[k]!, 11));
  });

  it("of planes and volumes goes along each axis, and back", () => {
    for (const shape of [
      [7, 12],
      [1, 9],
      [33, 70],
      [3, 5, 8],
    ]) {
      const x = draw(shape.reduce((a, b) => a * b, 1));
      const done = cosineTransform(x, { shape });
      const back = cosineTransform(done, { shape, inverse: true });
      let [before, after] = [0, 0];
      x.forEach((v, i) => {
        expect(back[i]!).toBeCloseTo(v, 11);
        before += v * v;
        after += done[i]! ** 2;
      });
      expect(after).toBeCloseTo(before, 8);
    }
    const [ny, nx] = [5, 6];
    const x = draw(ny * nx);
    const rows = Array.from({ length: ny }, (_, y) =>
      defined([...x.subarray(y * nx, y * nx + nx)]),
    );
    const found = cosineTransform(x, { shape: [ny, nx] });
    for (let u = 0; u < nx; u++) {
      defined(rows.map((row) => row[u]!)).forEach((v, k) =>
        expect(found[k * nx + u]!).toBeCloseTo(v, 11),
      );
    }
  });

  it("refuses a shape that does not fit", () => {
    expect(() => cosineTransform(draw(6), { shape: [7] })).toThrow(InputError);
  });
});
