import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pieceKey, piecesIn } from "./pieces.ts";

const folder = mkdtempSync(join(tmpdir(), "pieces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("pieces", () => {
  it("come back to the last bit, and not when they are cut or damaged", async () => {
    const store = piecesIn(join(folder, "deep", "pieces"));
    const values = Float32Array.of(1.5, -0, 1e-42, 3e38);
    expect(await store.get("a")).toBeUndefined();
    await store.put("a", { facts: { seconds: 2, notes: ["line\nbreak"] }, values });
    const back = await store.get("a");
    expect(back!.facts).toEqual({ seconds: 2, notes: ["line\nbreak"] });
    expect(new Uint8Array(back!.values.buffer)).toEqual(new Uint8Array(values.buffer));
    const path = join(folder, "deep", "pieces", readdirSync(join(folder, "deep", "pieces"))[0]!);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - 3));
    expect(await store.get("a")).toBeUndefined();
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    expect(await store.get("a")).toBeUndefined();
  });

  it("have keys over every part, arrays by their values", () => {
    const key = pieceKey({ a: 1, values: Float32Array.of(1, 2) });
    expect(pieceKey({ values: Float32Array.of(1, 2), a: 1 })).toBe(key);
    expect(pieceKey({ a: 1, values: Float32Array.of(1, 3) })).not.toBe(key);
    expect(pieceKey({ a: 2, values: Float32Array.of(1, 2) })).not.toBe(key);
  });
});
