import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { crc32 as zlibCrc } from "node:zlib";
import { describe, expect, it } from "vitest";
import { crc32 } from "./crc32.ts";
import { deflateGzip, inflate, inflateAll, isGzip, peekGzip } from "./inflate.ts";

const plain = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 3);
const options = { format: "test", wanted: plain.length } as const;

describe("inflate", () => {
  it("unpacks gzip, zlib and raw deflate", async () => {
    expect(await inflate(gzipSync(plain), { ...options, packing: "gzip" })).toEqual(plain);
    expect(await inflate(deflateSync(plain), { ...options, packing: "zlib" })).toEqual(plain);
    expect(await inflate(deflateRawSync(plain), { ...options, packing: "raw" })).toEqual(plain);
  });

  it("checks the checksum, also behind the wanted bytes", async () => {
    const damaged = Uint8Array.from(gzipSync(plain));
    damaged[damaged.length - 6]! ^= 1;
    await expect(inflate(damaged, { ...options, packing: "gzip" })).rejects.toMatchObject({
      kind: "corrupt",
    });
    await expect(
      inflate(damaged, { ...options, wanted: 50, packing: "gzip" }),
    ).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("refuses early ends, naming the end of the packed bytes", async () => {
    const packed = gzipSync(plain);
    const cut = packed.subarray(0, packed.length - 20);
    await expect(inflate(cut, { ...options, packing: "gzip", offset: 7 })).rejects.toMatchObject({
      kind: "truncated",
      offset: 7 + cut.length,
    });
    await expect(
      inflate(gzipSync(plain.subarray(0, 10)), { ...options, packing: "gzip" }),
    ).rejects.toMatchObject({ kind: "truncated" });
  });

  it("holds no more than asked of data that grows without end", async () => {
    // 64 MiB of zeros in 64 KiB: nothing beyond the wanted bytes is kept.
    const bomb = gzipSync(new Uint8Array(2 ** 26), { level: 9 });
    expect(bomb.length).toBeLessThan(70_000);
    const some = await inflate(bomb, { format: "test", packing: "gzip", wanted: 100 });
    expect(some).toEqual(new Uint8Array(100));
    await expect(
      inflateAll(bomb, { format: "test", packing: "gzip", limit: 1e6 }),
    ).rejects.toMatchObject({ kind: "too-large" });
    // A claim beyond what deflate can do is refused before anything is allocated.
    await expect(
      inflate(new Uint8Array(50), { format: "test", packing: "gzip", wanted: 2 ** 40 }),
    ).rejects.toMatchObject({ kind: "truncated" });
  });

  it("refuses more than wanted when told to be exact", async () => {
    await expect(
      inflate(gzipSync(plain), { ...options, wanted: 99_999, exact: true, packing: "gzip" }),
    ).rejects.toMatchObject({ kind: "mismatch" });
  });
});

it("looks into gzip without unpacking it, behind a name and a comment too", () => {
  const packed = deflateGzip(plain);
  expect(isGzip(packed)).toBe(true);
  expect([...peekGzip(packed).subarray(0, 100)]).toEqual([...plain.subarray(0, 100)]);
  const named = new Uint8Array(packed.length + 8);
  named.set(packed.subarray(0, 10));
  named[3] = 8;
  named.set(new TextEncoder().encode("abc.nii\0"), 10);
  named.set(packed.subarray(10), 18);
  expect([...peekGzip(named).subarray(0, 100)]).toEqual([...plain.subarray(0, 100)]);
  expect(peekGzip(plain)).toHaveLength(0);
});

it("computes the CRC of zlib", () => {
  // The check value of the polynomial, and zlib's own where this Node has it.
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  if (typeof zlibCrc === "function") {
    for (const n of [0, 1, 3, 4, 7, 1000])
      expect(crc32(plain.subarray(0, n))).toBe(zlibCrc(plain.subarray(0, n)));
  }
});
