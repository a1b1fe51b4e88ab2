import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../store/store.ts";
import { canonicalJson, keptJson, pieceKey } from "./piece-key.ts";

/** The same content with every record's members the other way round. */
function turned(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(turned);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, turned(member)]),
  );
}

describe("canonicalJson", () => {
  it("is one text for one content and keeps all of it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const kept = keptJson(value as Json, "value");
        const text = canonicalJson(kept);
        expect(canonicalJson(turned(kept))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(kept)));
      }),
    );
  });

  it("sorts names by code units and writes numbers as short as they are", () => {
    const value = { b: [0.1, 1e21, -5e-7, 2 ** -1074], a: { Z: true, é: null, z: "\u0001" } };
    expect(canonicalJson(value)).toBe(
      '{"a":{"Z":true,"z":"\\u0001","é":null},"b":[0.1,1e+21,-5e-7,5e-324]}',
    );
    expect(canonicalJson({ a: undefined as unknown as Json })).toBe("{}");
  });

  it.each([
    [{ a: [1, Number.NaN] }, "value.a.1 as JSON: found NaN"],
    [{ a: -0 }, "value.a as JSON: found -0"],
    [Number.POSITIVE_INFINITY, "value as JSON: found Infinity"],
    [{ a: Float32Array.of(1) }, "value.a as JSON: found a Float32Array"],
    [[undefined], "value.0 as JSON: found a undefined"],
  ])("refuses %j by its place", (value, message) => {
    expect(() => canonicalJson(value as unknown as Json)).toThrow(message);
  });
});

describe("pieceKey", () => {
  const base = { kind: "draw", version: 1, inputs: { n: 1 }, depends: { a: "1", b: "2" } };

  it("is the sha256 of the canonical text", () => {
    // printf '{"depends":{"a":"1","b":"2"},"inputs":{"n":1},"kind":"draw","version":1}' | sha256sum
    expect(pieceKey(base)).toBe("9f281dfb5af6ccd326fa4271afac389aa154c8215785e6a8b8c17c76d16cb8aa");
  });

  it("changes with every part", () => {
    const keys = [
      base,
      { ...base, kind: "draws" },
      { ...base, version: 2 },
      { ...base, inputs: { n: 1 + Number.EPSILON } },
      { ...base, depends: { a: "2", b: "1" } },
    ].map(pieceKey);
    expect(new Set(keys).size).toBe(5);
  });
});
