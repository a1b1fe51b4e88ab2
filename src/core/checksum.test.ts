import { createHash, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { sha256, sha256InScript } from "./checksum.ts";

const byNode = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");

it("is the hash that Node computes, for every length around a block and for long bytes", () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = randomBytes(length);
    expect(sha256InScript(bytes), `${length} bytes`).toBe(byNode(bytes));
    expect(sha256(bytes)).toBe(byNode(bytes));
  }
  const long = new Uint8Array(randomBytes(1_000_003)).subarray(3);
  expect(sha256InScript(long)).toBe(byNode(long));
  expect(sha256InScript("dose 10 %, d′ 図")).toBe(byNode("dose 10 %, d′ 図"));
  expect(sha256("dose 10 %, d′ 図")).toBe(byNode("dose 10 %, d′ 図"));
});

it("changes with any bit", () => {
  const bytes = new Uint8Array(100);
  const seen = new Set([sha256InScript(bytes)]);
  for (let bit = 0; bit < 800; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    seen.add(sha256InScript(changed));
  }
  expect(seen.size).toBe(801);
});
