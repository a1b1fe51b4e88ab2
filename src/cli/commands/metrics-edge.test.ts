import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { saveImage } from "../../files/files.ts";
import { normalCdf } from "../../math/normal.ts";
import { sharedData } from "../../../test/shared-data.ts";
import { commandLine } from "../../../test/command-line.ts";

const call = (...words: string[]) => commandLine(words);

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dprime-edge-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("dprime metrics of an edge", () => {
  const [side, pixel, sigma] = [96, 0.5, 0.7];
  const acr = join(sharedData, "6_phantoms/acr_mri_SiemensMTF/0.dcm");
  const haveAcr = existsSync(acr);
  if (!haveAcr) console.log(`skipped: ${acr} is not there`);
  interface Rows {
    rows: {
      status: string;
      value: number;
      unit: string;
      parts: Record<string, number>;
      curves: Record<string, { x: number[]; y: number[] }>;
    }[];
  }
  beforeAll(async () => {
    const s = streamOf(12, "edge");
    const data = Float32Array.from({ length: side * side }, (_, i) => {
      const d = ((i % side) - 30.3 - 0.1 * (Math.floor(i / side) - 48)) * pixel;
      return 50 + 200 * normalCdf(d / Math.hypot(1, 0.1) / sigma) + 3 * s.normal();
    });
    await saveImage(at("edge.nii"), makeImage(data, [side, side], { spacing: [1, pixel, pixel] }));
    await saveImage(
      at("nothing.nii"),
      makeImage(
        data.map(() => 7),
        [side, side],
      ),
    );
  });

  it("gives the half-transfer frequency of a known blur, and the quanta", async () => {
    const chosen = ["-m", "mtf", "-m", "neq", "--json", "--quiet"];
    const regions = ["--roi", "rectangle:8,20,48,56", "--background", "rectangle:60,8,32,80"];
    const ran = await call("metrics", at("edge.nii"), ...chosen, ...regions);
    expect(ran.err).toBe("");
    const [mtf, neq] = (JSON.parse(ran.out) as Rows).rows;
    const f50 = Math.sqrt(Math.LN2 / 2) / (Math.PI * sigma);
    // The profile's window and noise of 1.5 % of the step: some per cent.
    expect(Math.abs(mtf!.value / f50 - 1)).toBeLessThan(0.05);
    expect(mtf!.curves.transfer!.y[0]).toBe(1);
    expect(mtf!.parts["Nyquist (1/mm)"]).toBeCloseTo(1, 6);
    expect(neq!.unit).toBe("1/mm²");
    // White noise: (250/2)²/(3² · 0.5²) at half transfer; ten regions of 16×16 know a ring's power to 15 %.
    expect(Math.abs(neq!.value / (125 ** 2 / (9 * pixel ** 2)) - 1)).toBeLessThan(0.45);
  });

  it("draws the curves, and says where there are none", async () => {
    const regions = ["--roi", "rectangle:8,20,48,56", "--background", "rectangle:60,8,32,80"];
    const chosen = ["-m", "mtf", "-m", "neq", "--quiet", "--figure"];
    const ran = await call("metrics", at("edge.nii"), ...chosen, at("curves.svg"), ...regions);
    expect([ran.code, ran.err]).toEqual([0, ""]);
    const svg = await readFile(at("curves.svg"), "utf8");
    for (const name of ["mtf: transfer", "mtf: edge", "neq: neq", "neq: noise", "NEQ (1/mm²)"])
      expect(svg).toContain(name);
    const none = await call("metrics", at("edge.nii"), at("edge.nii"), "--figure", at("no.svg"));
    expect([none.code, none.err]).toEqual([2, expect.stringMatching(/found none among/)]);
    const ending = await call("metrics", at("edge.nii"), "-m", "nps", "--figure", at("no.gif"));
    expect([ending.code, ending.err]).toEqual([2, expect.stringMatching(/wanted .png or .svg/)]);
    expect(existsSync(at("no.svg"))).toBe(false);
  });

  it("says what is missing: an edge, a background, a region", async () => {
    const flat = await call("metrics", at("nothing.nii"), "-m", "mtf", "--quiet");
    expect(flat.out).toMatch(/mtf has no value .* found no edge/);
    const alone = await call("metrics", at("edge.nii"), "-m", "neq", "--quiet");
    expect([alone.code, alone.err]).toEqual([2, expect.stringMatching(/wanted the edge's and/)]);
    const wide = await call("metrics", at("edge.nii"), "-m", "mtf:bin=9", "--quiet");
    expect([wide.code, wide.err]).toEqual([2, expect.stringMatching(/bin/)]);
  });

  it.skipIf(!haveAcr)("agrees on three edges of an MRI phantom's insert", async () => {
    const values: number[] = [];
    const regions = [
      ["rectangle:168,160,24,24", -8],
      ["rectangle:108,172,30,24", 9],
      ["rectangle:50,140,24,26", -8],
    ] as const;
    for (const [roi, tilt] of regions) {
      const ran = await call("metrics", acr, "-m", "mtf", "--roi", roi, "--json", "--quiet");
      const row = (JSON.parse(ran.out) as Rows).rows[0]!;
      expect(Math.abs(row.parts["tilt (°)"]! - tilt)).toBeLessThan(3);
      values.push(row.value);
    }
    // One sharp edge on a grid of 0.977 mm, Nyquist at 0.512/mm; edges of about 24 pixels agree to some per cent.
    for (const value of values) {
      expect(value).toBeGreaterThan(0.48);
      expect(value).toBeLessThan(0.62);
    }
  });
});
