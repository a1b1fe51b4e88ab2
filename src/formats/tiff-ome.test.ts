import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { pythonWith } from "../../test/oracle/python.ts";
import { FormatError } from "../core/errors.ts";
import { parseOme } from "./tiff-ome.ts";
import { tiff } from "./tiff.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-ome-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ome = (pixels: string, inside = '<TiffData IFD="0" PlaneCount="12"/>', more = "") =>
  `<?xml version="1.0" encoding="UTF-8"?><!-- made by hand --><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" Type="uint16" SizeX="5" SizeY="4" ${pixels}>${inside}</Pixels></Image>${more}</OME>`;
const sizes = 'SizeZ="3" SizeC="2" SizeT="2"';

describe("OME's description", () => {
  it("says what each page is, in every order of dimensions", () => {
    const twelve = { pages: 12, samples: 1 };
    // Plane (c, z, t) stands at c + 2 z + 6 t of the order; the page is that of the file's own order.
    const pageOf = {
      XYCZT: (c: number, z: number, t: number) => c + 2 * z + 6 * t,
      XYCTZ: (c: number, z: number, t: number) => c + 2 * t + 4 * z,
      XYZCT: (c: number, z: number, t: number) => z + 3 * c + 6 * t,
      XYZTC: (c: number, z: number, t: number) => z + 3 * t + 6 * c,
      XYTCZ: (c: number, z: number, t: number) => t + 2 * c + 4 * z,
      XYTZC: (c: number, z: number, t: number) => t + 2 * z + 6 * c,
    };
    for (const [name, page] of Object.entries(pageOf)) {
      const wanted: number[] = [];
      for (let t = 0; t < 2; t++)
        for (let z = 0; z < 3; z++) for (let c = 0; c < 2; c++) wanted.push(page(c, z, t));
      const found = parseOme(ome(`DimensionOrder="${name}" ${sizes}`), twelve);
      expect(found?.order, name).toEqual(wanted);
    }
    const blocks = Array.from(
      { length: 12 },
      (_, i) =>
        `<TiffData IFD="${11 - i}" FirstC="${i % 2}" FirstZ="${(i >> 1) % 3}" FirstT="${Math.floor(i / 6)}"/>`,
    ).join("");
    const turned = parseOme(ome(`DimensionOrder="XYCZT" ${sizes}`, blocks), twelve);
    expect(turned?.order).toEqual(Array.from({ length: 12 }, (_, i) => 11 - i));
  });

  it("says spacing and time in its units; what is known along some axes only is not guessed", () => {
    const of = (more: string, z = 3) =>
      parseOme(ome(`DimensionOrder="XYCZT" SizeZ="${z}" SizeC="1" SizeT="1" ${more}`, ""), {
        pages: z,
        samples: 1,
      });
    const x = 'PhysicalSizeX="0.5" PhysicalSizeY="250" PhysicalSizeYUnit="nm"';
    expect(
      of(
        `${x} PhysicalSizeZ="2" PhysicalSizeZUnit="mm" TimeIncrement="250" TimeIncrementUnit="ms"`,
      ),
    ).toMatchObject({ spacing: [2, 2.5e-4, 5e-4], timeStep: 0.25, notes: [] });
    expect(of(x)).toMatchObject({ spacing: undefined, notes: [/some axes only/] as unknown[] });
    expect(of(x, 1)?.spacing).toEqual([1, 2.5e-4, 5e-4]);
    expect(
      of('PhysicalSizeX="1" PhysicalSizeY="1" PhysicalSizeZ="1" PhysicalSizeXUnit="pixel"')
        ?.spacing,
    ).toBeUndefined();
    expect(
      of('PhysicalSizeX="1" PhysicalSizeXUnit="&#181;m" PhysicalSizeY="1" PhysicalSizeZ="1"')
        ?.spacing,
    ).toEqual([1e-3, 1e-3, 1e-3]);
  });

  it("is read to its end, where it has a line for each plane", () => {
    const many = Array.from(
      { length: 300 },
      (_unused, i) => `<TiffData IFD="${299 - i}" FirstZ="${i}"/>`,
    );
    const xml = ome('DimensionOrder="XYZCT" SizeZ="300" SizeC="1" SizeT="1"', many.join(""));
    expect(xml.length).toBeGreaterThan(4096);
    expect(parseOme(xml, { pages: 300, samples: 1 })?.order[0]).toBe(299);
  });

  it("is refused where it is not of the pages that are there", () => {
    const parse =
      (xml: string, pages: number, samples = 1) =>
      () =>
        parseOme(xml, { pages, samples });
    const whole = ome(`DimensionOrder="XYCZT" ${sizes}`);
    expect(parse(whole, 6)).toThrow(/found 6 pages .* in several files/);
    expect(parse(whole, 12, 3)).toThrow(FormatError);
    const two = ome(`DimensionOrder="XYCZT" ${sizes}`, "", '<Image><Pixels SizeZ="1"/></Image>');
    expect(parse(two, 12)).toThrow(/found 2 images/);
    expect(parse(ome(`DimensionOrder="XYQ" ${sizes}`), 12)).toThrow(/order of dimensions/);
    const twice = '<TiffData IFD="3"/><TiffData IFD="3" FirstZ="1"/>';
    expect(parse(ome('DimensionOrder="XYZCT" SizeZ="2"', twice), 2)).toThrow(/a page of their own/);
    expect(parseOme("a picture of OME", { pages: 1, samples: 1 })).toBeUndefined();
    // Colours side by side are components of one channel.
    expect(
      parseOme(ome('DimensionOrder="XYCZT" SizeC="3" SizeZ="2"', ""), { pages: 2, samples: 3 }),
    ).toMatchObject({ channels: 1, slices: 2 });
  });
});

const python = pythonWith("tifffile");

describe.skipIf(python === undefined)("files by tifffile", () => {
  it("keep their axes, spacing and time", async () => {
    const script = `
import numpy as np, tifffile
a = np.arange(2*3*2*4*5, dtype="u2").reshape(2, 3, 2, 4, 5)
size = dict(PhysicalSizeX=0.5, PhysicalSizeXUnit="µm", PhysicalSizeY=0.25, PhysicalSizeZ=2.0, TimeIncrement=1.5)
def put(name, data, axes, **more):
    tifffile.imwrite(r"${folder}/" + name + ".ome.tif", data, photometric="minisblack", metadata={"axes": axes, **more})
put("tzc", a, "TZCYX", **size)
put("ctz", np.moveaxis(a, 2, 0), "CTZYX", **size)
put("z", a[0, :, 0], "ZYX")
put("t", a[:, 0, 0], "TYX")
put("c", a[0, 0], "CYX")
put("long", np.zeros((40, 2, 2), "u1") + np.arange(40, dtype="u1")[:, None, None], "TYX", Plane={"DeltaT": [0.5 * i for i in range(40)], "PositionX": [0.0] * 40, "PositionY": [0.0] * 40})
tifffile.imwrite(r"${folder}/rgb.ome.tif", np.arange(2*4*5*3, dtype="u1").reshape(2, 4, 5, 3), photometric="rgb", metadata={"axes": "ZYXS"})
`;
    const ran = spawnSync(python!, ["-c", script], { encoding: "utf8" });
    expect(ran.stderr).toBe("");
    const open = async (name: string) =>
      (await tiff.read(readFileSync(join(folder, `${name}.ome.tif`)))).images;
    // Image order is t, c, z, y, x; the value of (t, z, c, y, x) is its place in the array.
    const value = (t: number, z: number, c: number) => ((t * 3 + z) * 2 + c) * 20;
    for (const name of ["tzc", "ctz"]) {
      const [one, ...others] = await open(name);
      expect(others).toEqual([]);
      const { image } = one!;
      expect([image.axes, image.shape], name).toEqual(["tczyx", [2, 2, 3, 4, 5]]);
      expect(image.spacing, name).toEqual([2e-3, 2.5e-4, 5e-4]);
      expect(image.timeStep, name).toBe(1.5);
      for (let t = 0; t < 2; t++)
        for (let c = 0; c < 2; c++)
          for (let z = 0; z < 3; z++)
            expect(image.data[((t * 2 + c) * 3 + z) * 20 + 7], name).toBe(value(t, z, c) + 7);
    }
    for (const [name, axes, shape] of [
      ["z", "zyx", [3, 4, 5]],
      ["t", "tyx", [2, 4, 5]],
      ["c", "cyx", [2, 4, 5]],
      ["rgb", "czyx", [3, 2, 4, 5]],
    ] as const) {
      const [one] = await open(name);
      expect([one!.image.axes, one!.image.shape], name).toEqual([axes, shape]);
      expect(one!.stored.kind, name).toBe(
        name === "rgb" ? "rgb" : name === "c" ? "vector" : "scalar",
      );
    }
    const [long] = await open("long");
    expect([long!.image.axes, long!.image.shape]).toEqual(["tyx", [40, 2, 2]]);
    expect(long!.image.data[39 * 4]).toBe(39);
    const [colour] = await open("rgb");
    // Voxel (z, y, x) holds 3 v, 3 v + 1, 3 v + 2.
    expect(Array.from(colour!.image.data.subarray(0, 3))).toEqual([0, 3, 6]);
    expect(colour!.image.data[40]).toBe(1);
  });
});
