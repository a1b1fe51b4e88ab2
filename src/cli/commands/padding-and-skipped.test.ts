/** What holds no measurement, and what is no image, from the command line: neither is seen, and it is said. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeImage, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { writeNewDicom } from "../../dicom/create.ts";
import { saveImage } from "../../files/files.ts";
import { commandLine } from "../../../test/command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "padding-"));
const at = (name: string) => join(folder, name);
const call = (...words: string[]) => commandLine(words);

/** A CT slice of 96 × 96 px with noise of 8 HU inside a circle and a constant outside. */
function slice(constant: number | undefined, seed: number) {
  const stream = streamOf(seed, "padded");
  const n = 96;
  const data = Float32Array.from({ length: n * n }, (_, i) => {
    const inside = (Math.floor(i / n) - 48) ** 2 + ((i % n) - 48) ** 2 < 44 ** 2;
    const value = Math.round(40 + 8 * stream.normal());
    return inside || constant === undefined ? value : constant;
  });
  return makeImage(data, [n, n], { unit: "HU", spacing: [1, 0.8, 0.8] });
}

describe("padding that no attribute declares", () => {
  it("is not seen by noise and info", async () => {
    await saveImage(at("padded.nii"), slice(-2000, 1));
    for (const words of [
      ["noise", at("padded.nii"), "--unit", "HU", "--json"],
      ["info", at("padded.nii"), "--unit", "HU", "--json"],
    ]) {
      const { out } = await call(...words, "--quiet");
      const found = JSON.parse(out) as {
        sigma?: number;
        usable?: number;
        images?: { noise: { sigma: number } }[];
      };
      const sigma = found.sigma ?? found.images![0]!.noise.sigma;
      expect(Math.abs(sigma / 8 - 1)).toBeLessThan(0.1);
      if (found.usable !== undefined) expect(found.usable).toBeLessThan(0.68);
    }
  });

  it("is not seen by metrics: any constant gives the figures of the region inside", async () => {
    const truth = slice(undefined, 2);
    const noise = streamOf(3, "added");
    const other = withData(
      truth,
      truth.data.map((v) => Math.round(v + 5 * noise.normal())),
    );
    const outside = (v: number, i: number, constant: number) =>
      (Math.floor(i / 96) - 48) ** 2 + ((i % 96) - 48) ** 2 < 44 ** 2 ? v : constant;
    const rows: number[][] = [];
    for (const constant of [-2000, -3024]) {
      const names = ["reference", "image"].map((name) => at(`${name}${constant}.nii`));
      for (const [k, image] of [truth, other].entries()) {
        await saveImage(
          names[k]!,
          withData(
            image,
            image.data.map((v, i) => outside(v, i, constant)),
          ),
        );
      }
      const words = ["metrics", names[1]!, names[0]!, "--unit", "HU", "--json", "--quiet"];
      for (const name of ["rmse", "ssim", "psnr", "vif"]) words.push("-m", name);
      const { out } = await call(...words);
      const found = JSON.parse(out) as {
        rows: { value: number; conditions: { mask: { name: string; voxels: number } } }[];
      };
      rows.push(found.rows.map(({ value }) => value));
    }
    expect(rows[1]).toEqual(rows[0]);
    let [squares, count] = [0, 0];
    truth.data.forEach((v, i) => {
      if (outside(1, i, 0) === 0) return;
      squares += (other.data[i]! - v) ** 2;
      count++;
    });
    expect(rows[0]![0]).toBeCloseTo(Math.sqrt(squares / count), 4);
  });
});

describe("a folder of several series", () => {
  it("is judged series by series by noise", async () => {
    mkdirSync(at("several"));
    for (const [k, sigma] of [4, 16].entries()) {
      const stream = streamOf(k, "series");
      const image = makeImage(
        Float32Array.from({ length: 64 * 64 }, () => Math.round(50 + sigma * stream.normal())),
        [64, 64],
        { unit: "HU", spacing: [1, 1, 1] },
      );
      writeFileSync(at(`several/${k}.dcm`), (await writeNewDicom(image)).bytes);
    }
    const { out, code } = await call("noise", at("several"), "--json", "--quiet");
    expect(code).toBe(0);
    const { images } = JSON.parse(out) as { images: { sigma: number }[] };
    const found = images.map(({ sigma }) => sigma).sort((a, b) => a - b);
    expect(found).toHaveLength(2);
    expect(Math.abs(found[0]! / 4 - 1)).toBeLessThan(0.15);
    expect(Math.abs(found[1]! / 16 - 1)).toBeLessThan(0.15);
  });
});

describe.skipIf(process.platform === "win32")("a pipe in a folder", () => {
  it("is skipped with one sentence by every command that reads folders", async () => {
    mkdirSync(at("mixed"));
    await saveImage(at("mixed/a.npy"), slice(undefined, 5));
    writeFileSync(at("mixed/b.dcm"), (await writeNewDicom(slice(undefined, 6))).bytes);
    expect(spawnSync("mkfifo", [at("mixed/pipe.dcm")]).status).toBe(0);
    mkdirSync(at("plain"));
    await saveImage(at("plain/a.npy"), slice(undefined, 5));
    spawnSync("mkfifo", [at("plain/pipe.npy")]);
    const said = /skipped .*pipe\.(dcm|npy): found a pipe, wanted a file/;
    for (const words of [
      ["denoise", at("plain"), "-o", at("out/")],
      ["info", at("mixed")],
      ["noise", at("mixed")],
      ["anonymise", at("mixed"), "-o", at("clean/")],
      ["metrics", at("plain"), at("plain")],
    ]) {
      const { err, code } = await call(...words);
      expect(code, words[0]).toBe(0);
      expect(err, words[0]).toMatch(said);
    }
  });
});

describe("names that do not exist", () => {
  it("are met with their neighbours, and with nothing else", async () => {
    const method = await call("denoise", at("padded.nii"), "-o", at("x.nii"), "--method", "bm3");
    expect(method.err).toMatch(/found no such method, wanted bm3d\n$/);
    for (const words of [
      ["convert", at("padded.nii"), at("x.zzz")],
      ["denoise", at("padded.nii"), "-o", at("x.zzz")],
    ]) {
      expect((await call(...words)).err).toMatch(
        /found the unknown ending \.zzz, wanted one of \.dcm/,
      );
    }
    const help = await call("help", "denoise", "nosuch");
    expect(help.code).toBe(2);
    expect(help.err).toMatch(/found nosuch after the command denoise, wanted one command/);
  });
});
