/**
 * Other programs for the patch methods, on the same noisy plane:
 *
 * - `numpy-bm3d`: bm3d.py, which needs NumPy, SciPy and PyWavelets
 * - `octave-wnnm`, `octave-ksvd`: functions `wnnm(image, sigma)` and `ksvd(image, sigma)` of a folder of
 *   Octave code that DPRIME_OCTAVE names, such as the authors' own; not part of this repository
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Image, withData } from "../../src/core/image.ts";

export const patchPeers = ["numpy-bm3d", "octave-wnnm", "octave-ksvd"];

/** A peer's result on a noisy plane. */
export function askPatchPeer(name: string, noisy: Image, sigma: number): Image {
  const folder = mkdtempSync(join(tmpdir(), "dprime-patch-peer-"));
  const [input, output] = [join(folder, "in.f32"), join(folder, "out.f32")];
  const [ny, nx] = noisy.shape;
  try {
    writeFileSync(input, noisy.data);
    if (name === "numpy-bm3d") {
      const script = join(dirname(fileURLToPath(import.meta.url)), "bm3d.py");
      const python = process.env.PYTHON ?? "/usr/bin/python3";
      execFileSync(python, [script, input, output, String(sigma), String(ny), String(nx)]);
    } else {
      const code = process.env.DPRIME_OCTAVE;
      if (!code) throw new Error("DPRIME_OCTAVE names no folder of Octave code");
      const read = `f = fopen('${input}'); x = fread(f, [${nx} ${ny}], 'float32')'; fclose(f);`;
      const write = `f = fopen('${output}', 'w'); fwrite(f, y', 'float32'); fclose(f);`;
      const call = `addpath('${code}'); ${read} y = ${name.slice(7)}(x, ${sigma}); ${write}`;
      execFileSync("octave-cli", ["--quiet", "--eval", call]);
    }
    const bytes = readFileSync(output);
    const data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    return withData(noisy, new Float32Array(data));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
