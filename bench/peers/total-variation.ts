/**
 * Total variation against scikit-image's `denoise_tv_chambolle` on the same inputs: agreement, and time
 * at equal accuracy, in alternating rounds. Needs a Python with scikit-image (PYTHON, default /usr/bin/python3).
 *
 *   npx tsx bench/peers/total-variation.ts [size=512]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { peerEnvironment } from "./environment.ts";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { denoiseByTotalVariation } from "../../src/denoise/total-variation.ts";

const python = process.env.PYTHON ?? "/usr/bin/python3";
const script = join(dirname(fileURLToPath(import.meta.url)), "total-variation.py");
const folder = mkdtempSync(join(tmpdir(), "dprime-tv-"));
const source = join(folder, "in.f32");
const target = join(folder, "out.f32");

function skimage(
  f: Float32Array,
  shape: readonly number[],
  weight: number,
  eps: number,
  most: number,
) {
  writeFileSync(source, f);
  const reply = execFileSync(
    python,
    [script, source, target, String(weight), String(eps), String(most), "1", ...shape.map(String)],
    { env: peerEnvironment(1) },
  );
  const bytes = readFileSync(target);
  const out = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  return { out, ...(JSON.parse(reply.toString()) as { version: string; seconds: number[] }) };
}

function rms(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / a.length);
}

const n = Number(process.argv[2] ?? 512);
const stream = streamOf(1, "bench-tv");
const shapes = [
  [64, 64],
  [n, n],
  [24, 96, 96],
];
const lambda = 0.1;
try {
  for (const shape of shapes) {
    const [nx = 1, ny = 1] = [...shape].reverse();
    const f = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => {
      const x = (i % nx) / nx;
      const y = (Math.floor(i / nx) % ny) / ny;
      return 0.5 + 0.4 * Math.tanh(5 * Math.sin(8 * x) * Math.cos(9 * y)) + 0.1 * stream.normal();
    });
    const image = makeImage(f, shape);
    const best = await denoiseByTotalVariation(image, {
      lambda,
      tolerance: 1e-3,
      maxIterations: 20_000,
    });
    const times: { ours: number; theirs: number }[] = [];
    let ours = best;
    let theirs = { out: f, version: "", seconds: [0] };
    // Their default stopping rule; ours the loosest whose distance to the minimiser is no larger.
    const reference = rms(skimage(f, shape, lambda, 2e-4, 200).out, best.image.data);
    let tolerance = 0.05;
    for (const t of [0.8, 0.65, 0.5, 0.35, 0.2, 0.1]) {
      const tried = await denoiseByTotalVariation(image, { lambda, tolerance: t });
      if (rms(tried.image.data, best.image.data) > reference) continue;
      tolerance = t;
      break;
    }
    for (let round = 0; round < 5; round++) {
      theirs = skimage(f, shape, lambda, 2e-4, 200);
      const start = performance.now();
      ours = await denoiseByTotalVariation(image, { lambda, tolerance });
      times.push({ ours: (performance.now() - start) / 1000, theirs: theirs.seconds[0]! });
    }
    const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]!;
    const tight = skimage(f, shape, lambda, 1e-9, 3000).out;
    console.log(
      JSON.stringify({
        shape,
        tolerance,
        skimage: theirs.version,
        seconds: {
          ours: median(times.map((t) => t.ours)),
          theirs: median(times.map((t) => t.theirs)),
        },
        ratio: median(times.map((t) => t.theirs / t.ours)),
        rmsToMinimiser: {
          ours: rms(ours.image.data, best.image.data),
          theirs: rms(theirs.out, best.image.data),
        },
        iterations: ours.iterations,
        rmsBetweenTightSolutions: rms(tight, best.image.data),
        certified: best.rmsBound,
      }),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
