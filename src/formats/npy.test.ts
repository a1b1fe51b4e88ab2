import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pythonWith, readByPython } from "../../test/oracle/python.ts";
import { makeImage } from "../core/image.ts";
import { writeElements } from "../codecs/elements.ts";
import { openFile, saveImage } from "../files/files.ts";
import { npy } from "./npy.ts";

const python = pythonWith("numpy");
const folder = mkdtempSync(join(tmpdir(), "dprime-npy-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(python === undefined)("numpy", () => {
  const dtypes = [
    "|b1",
    "|i1",
    "|u1",
    "<i2",
    ">i2",
    "<u2",
    ">u2",
    "<i4",
    ">i4",
    "<u4",
    "<i8",
    ">u8",
    "<f4",
    ">f4",
    "<f8",
    ">f8",
    "<c8",
    ">c16",
    "<f2",
  ];

  it("writes what is read here, in every type, order and layout", async () => {
    const ran = spawnSync(
      python!,
      [
        "-c",
        `
import numpy as np, sys
for k, d in enumerate(${JSON.stringify(dtypes)}):
    a = (np.arange(60).reshape(3, 4, 5) * 1.5 - (0 if d[1] in 'ub' else 20)).astype(d)
    if d[1] == 'c': a = a + 1j * np.arange(60).reshape(3, 4, 5)
    a = a.astype(d)
    np.save(f"${folder}/c{k}.npy", a)
    np.save(f"${folder}/f{k}.npy", np.asfortranarray(a))
np.savez("${folder}/two.npz", first=np.arange(12.).reshape(3, 4), names=np.array(["a", "b"]), second=np.ones((2, 2), ">i2"))
np.savez_compressed("${folder}/packed.npz", only=np.arange(600).reshape(20, 30))
`,
      ],
      { encoding: "utf8" },
    );
    expect(ran.stderr).toBe("");
    const answers = readByPython(
      python!,
      dtypes.map((_, k) => join(folder, `c${k}.npy`)),
    );
    for (const [k, dtype] of dtypes.entries()) {
      const answer = answers[k];
      for (const layout of ["c", "f"]) {
        const { image, stored } = (await openFile(join(folder, `${layout}${k}.npy`))).images[0]!;
        if (dtype !== "<f2") {
          const hash = createHash("sha256").update(writeElements(stored.data)).digest("hex");
          expect(hash, `${dtype} ${layout}`).toBe(answer!.sha256);
        }
        let sum = 0;
        if (stored.kind === "complex") {
          for (let i = 0; i < 60; i++) sum += Math.hypot(image.data[i]!, image.data[60 + i]!);
          expect(image.axes).toBe("czyx");
        } else for (const v of image.data) sum += Math.abs(v);
        expect(Math.abs(sum - answer!.sum!)).toBeLessThan(1e-3);
      }
    }
    const two = await openFile(join(folder, "two.npz"));
    expect(two.images.map((i) => [i.name, i.stored.type, i.image.shape])).toEqual([
      ["first", "float64", [3, 4]],
      ["second", "int16", [2, 2]],
    ]);
    expect(two.notes.join()).toMatch(/names was passed over/);
    const packed = await openFile(join(folder, "packed.npz"));
    expect(packed.images[0]!.image.data[599]).toBe(599);
  });

  it("reads what is written here", async () => {
    const image = makeImage(
      Float32Array.from({ length: 24 }, (_, i) => i / 3),
      [2, 3, 4],
    );
    for (const name of ["a.npy", "a.npz"]) await saveImage(join(folder, name), image);
    for (const answer of readByPython(python!, [join(folder, "a.npy"), join(folder, "a.npz")])) {
      expect(answer.shape).toEqual([2, 3, 4]);
      expect(answer.sha256).toBe(
        createHash("sha256").update(writeElements(image.data)).digest("hex"),
      );
    }
  });
});

describe("headers of other writers", () => {
  const file = (text: string, count = 6) => {
    const head = new TextEncoder().encode(`${text}\n`);
    const bytes = new Uint8Array(10 + head.length + 2 * count);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, head.length & 255, head.length >> 8]);
    bytes.set(head, 10);
    bytes.set(writeElements(Int16Array.from({ length: count }, (_, i) => i)), 10 + head.length);
    return npy.read(bytes);
  };

  it("are read in any order, with either quotes and any blanks", async () => {
    for (const text of [
      "{'fortran_order': False, 'shape': (2, 3), 'descr': '<i2'}",
      '{"descr": "<i2", "fortran_order": False, "shape": (2, 3), }',
      "{'shape':(2,3),'fortran_order':False,'descr':'<i2',}   ",
      "{ 'descr' : '<i2' , 'shape' : ( 2L , 3L ) , 'fortran_order' : False }",
      "{'descr': '<i2', 'fortran_order': False, 'shape': [2, 3]}",
    ]) {
      const { image } = (await file(text)).images[0]!;
      expect([image.shape, ...image.data], text).toEqual([[2, 3], 0, 1, 2, 3, 4, 5]);
    }
  });

  it("are refused where they say no array of numbers", async () => {
    for (const [text, kind] of [
      ["{'descr': '<i2', 'fortran_order': False}", "corrupt"],
      ["{'descr': '<i2', 'fortran_order': 0, 'shape': (2, 3)}", "corrupt"],
      ["{'descr': '<i2', 'fortran_order': False, 'shape': (2, -3)}", "corrupt"],
      ["{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3)} x", "corrupt"],
      ["{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3", "corrupt"],
      ["{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (6,)}", "unsupported"],
      ["{'descr': '<U3', 'fortran_order': False, 'shape': (6,)}", "unsupported"],
      [`${"(".repeat(3000)}`, "corrupt"],
    ] as const) {
      await expect(file(text), text.slice(0, 60)).rejects.toMatchObject({ kind, format: "npy" });
    }
  });
});

it("refuses pickled objects, which could run code in other readers", async () => {
  const text = "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }\n";
  const bytes = new Uint8Array(10 + text.length + 30);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0]);
  bytes.set(new TextEncoder().encode(text), 10);
  await expect(npy.read(bytes)).rejects.toMatchObject({ kind: "unsupported" });
});
