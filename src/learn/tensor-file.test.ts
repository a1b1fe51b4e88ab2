import { describe, expect, it } from "vitest";
import { FormatError } from "../core/errors.ts";
import { decodeTensors, encodeTensors } from "./tensor-file.ts";

const file = {
  arrays: {
    weights: { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 7) },
    empty: { shape: [0], data: new Float32Array(0) },
  },
  metadata: { note: "žluťoučký" },
};

describe("tensor file", () => {
  it("gives back what was written", () => {
    expect(decodeTensors(encodeTensors(file))).toEqual(file);
  });

  it("reads from Node's buffers, which share memory", () => {
    const whole = Buffer.concat([Buffer.from([1, 2, 3]), encodeTensors(file)]);
    expect(decodeTensors(whole.subarray(3))).toEqual(file);
  });

  it("has the layout that other readers of safetensors expect", () => {
    const bytes = encodeTensors(file);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    expect(header.weights).toEqual({ dtype: "F32", shape: [2, 3], data_offsets: [0, 24] });
    expect((8 + length) % 8).toBe(0);
    const at = 8 + length + 4;
    expect(new DataView(bytes.buffer).getFloat32(at, true)).toBe(-2);
  });

  it("refuses bytes cut short anywhere, with an offset", () => {
    const bytes = encodeTensors(file);
    for (let n = 0; n < bytes.length; n += 7) {
      expect(() => decodeTensors(bytes.subarray(0, n))).toThrow(FormatError);
    }
  });

  it("refuses headers that contradict themselves", () => {
    const bytes = encodeTensors(file);
    const text = new TextDecoder().decode(bytes).replace("[2,3]", "[2,4]");
    expect(() => decodeTensors(new TextEncoder().encode(text))).toThrow(FormatError);
    expect(() => decodeTensors(new Uint8Array(64).fill(7))).toThrow(FormatError);
  });

  it("notices any byte that changed", () => {
    const bytes = encodeTensors(file);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 32, 128]) {
        const changed = bytes.slice();
        changed[at]! ^= bit;
        expect(() => decodeTensors(changed, { own: true }), `byte ${at}`).toThrow(FormatError);
      }
    }
  });

  it("takes files without a checksum where other tools may have written them", () => {
    const header = new TextEncoder().encode(
      '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  ',
    );
    const bytes = new Uint8Array(8 + header.length + 4);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    new DataView(bytes.buffer).setFloat32(8 + header.length, 2.5, true);
    expect([...decodeTensors(bytes).arrays["w"]!.data]).toEqual([2.5]);
    expect(() => decodeTensors(bytes, { own: true })).toThrow(/found no checksum/);
  });
});
