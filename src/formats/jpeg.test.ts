import * as codecs from "dcmjs-codecs";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonWith } from "../../test/oracle/python.ts";
import { sharedData } from "../../test/shared-data.ts";
import { jpeg } from "./jpeg.ts";

const library = (codecs as typeof codecs & { default?: typeof codecs }).default ?? codecs;
const python = pythonWith("PIL");
const folder = mkdtempSync(join(tmpdir(), "dprime-jpeg-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** libjpeg's samples of a JPEG, through the WebAssembly codecs. */
function byLibjpeg(
  bytes: Uint8Array,
  size: { width: number; height: number; samples: number },
): Uint8Array {
  const context = new library.Context({
    width: size.width,
    height: size.height,
    bitsAllocated: 8,
    bitsStored: 8,
    samplesPerPixel: size.samples,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: size.samples === 3 ? "YBR_FULL_422" : "MONOCHROME2",
    encodedBuffer: bytes,
  });
  return library.NativeCodecs.decodeJpeg(context, {
    convertColorspaceToRgb: true,
  }).getDecodedBuffer()!;
}

function greatest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}

/** A picture with edges and noise, by Pillow, at settings that exercise one process. */
function picture(name: string, script: string): Uint8Array | undefined {
  if (python === undefined) return undefined;
  const path = join(folder, name);
  const ran = spawnSync(
    python,
    [
      "-c",
      `
import numpy as np
from PIL import Image
y, x = np.mgrid[0:67, 0:91]
g = (128 + 60*np.sin(x/5)*np.cos(y/7) + 30*((x//9+y//8)%2) + np.random.default_rng(1).normal(0,6,(67,91))).clip(0,255).astype('u1')
rgb = np.stack([g, 255-g, (g.astype('i4')*x//91).astype('u1')], -1)
${script.replaceAll("PATH", JSON.stringify(path))}
`,
    ],
    { encoding: "utf8" },
  );
  if (ran.status !== 0) throw new Error(ran.stderr);
  return readFileSync(path);
}

beforeAll(async () => {
  library.log.setLevel("silent", false);
  await library.NativeCodecs.initializeAsync();
});

describe("decoding", () => {
  const variants: readonly [string, string, number, number][] = [
    ["grey baseline", "Image.fromarray(g).save(PATH, quality=90)", 1, 1],
    ["grey progressive", "Image.fromarray(g).save(PATH, quality=75, progressive=True)", 1, 1],
    [
      "grey, restart markers, own tables",
      "Image.fromarray(g).save(PATH, quality=50, optimize=True, restart_marker_blocks=3)",
      1,
      1,
    ],
    ["colour, full chroma", "Image.fromarray(rgb).save(PATH, quality=92, subsampling=0)", 3, 2],
    // libjpeg rounds the interpolated chroma once more before the colours are made.
    ["colour, 4:2:2", "Image.fromarray(rgb).save(PATH, quality=90, subsampling=1)", 3, 3],
    [
      "colour, 4:2:0 progressive",
      "Image.fromarray(rgb).save(PATH, quality=80, subsampling=2, progressive=True)",
      3,
      3,
    ],
  ];
  for (const [what, script, samples, tolerance] of variants) {
    it.skipIf(python === undefined)(`agrees with libjpeg on ${what}`, async () => {
      const bytes = picture(`${what.replace(/\W/g, "")}.jpg`, script)!;
      const { stored, image } = (await jpeg.read(bytes)).images[0]!;
      expect(image.shape.slice(-2)).toEqual([67, 91]);
      const reference = byLibjpeg(bytes, { width: 91, height: 67, samples });
      // The inverse transform is exact here and in integers there: one grey level of rounding.
      expect(greatest(stored.data as Uint8Array, reference)).toBeLessThanOrEqual(tolerance);
    });
  }

  const mammogram = join(
    sharedData,
    "5_projection_us_retina/msynth_mammo/P100_Dhetero_L7.0_X4.08e09.jpg",
  );
  it.skipIf(!existsSync(mammogram))(
    "agrees with libjpeg on a mammogram to one grey level",
    async () => {
      const bytes = readFileSync(mammogram);
      const { stored } = (await jpeg.read(bytes)).images[0]!;
      const reference = byLibjpeg(bytes, { width: 2000, height: 1500, samples: 1 });
      expect(greatest(stored.data as Uint8Array, reference)).toBeLessThanOrEqual(1);
    },
  );
});

describe("damage", () => {
  it.skipIf(python === undefined)("is refused where a viewer would fill in grey", async () => {
    const bytes = picture("whole.jpg", "Image.fromarray(g).save(PATH, quality=90)")!;
    const cut = new Uint8Array(bytes.subarray(0, Math.floor(bytes.length * 0.7)));
    await expect(jpeg.read(cut)).rejects.toMatchObject({ kind: "truncated" });
    const ended = new Uint8Array([...cut, 0xff, 0xd9]);
    await expect(jpeg.read(ended)).rejects.toMatchObject({ kind: "truncated" });
    writeFileSync(join(folder, "cut.jpg"), cut);
  });
});
