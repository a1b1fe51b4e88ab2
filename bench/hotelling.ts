/**
 * Hotelling template from noisy 64×64 images drawn on the fly, against numpy on the same machine.
 *
 *   npx tsx bench/hotelling.ts [--images 380000] [--batch 2048] [--threads 2] [--numpy python3] [--kernel]
 *
 * Draws, sums outer products and solves; prints seconds of each part, the solver's residual (NaN when
 * the images are too few to invert) and the greatest resident memory. Drawing and multiplying overlap:
 * `product` is the time beyond drawing. `--kernel` sums by WebAssembly in place of the runtime. numpy runs
 * bench/peers/hotelling.py with as many BLAS threads.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { streamOf } from "../src/core/random.ts";
import { hotellingOfMoments, streamingMoments } from "../src/observers/moments.ts";
import { runtimeSums } from "../src/observers/runtime-sums.ts";
import { binaryTexture } from "../src/phantoms/binary-texture.ts";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "380000" },
    batch: { type: "string", default: "2048" },
    threads: { type: "string", default: "2" },
    numpy: { type: "string" },
    kernel: { type: "boolean", default: false },
  },
});
const images = Number(values.images);
const batch = Number(values.batch);
const threads = Number(values.threads);
const size = 4096;

/** Backgrounds to choose from: drawing textures is no part of the comparison. */
const pool = Array.from(
  { length: 512 },
  (_, k) => binaryTexture.draw(streamOf(1, "pool", k)).image.data,
);
const signal = Float32Array.from({ length: size }, (_, i) =>
  Math.hypot((i % 64) - 32, Math.floor(i / 64) - 32) <= 2 ? 0.07 : 0,
);

/**
 * Standard normal float32 numbers by Box–Muller on a fast 32-bit generator (xoshiro128**): the bench needs
 * speed like numpy's, not streams by name.
 */
function noiseSource(seed: number): (out: Float32Array, sigma: number) => void {
  const start = streamOf(seed, "bench noise");
  let [a, b, c, d] = [start.uint32(), start.uint32(), start.uint32(), start.uint32()];
  const next = (): number => {
    const r = Math.imul(b, 5);
    const result = Math.imul((r << 7) | (r >>> 25), 9);
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
  // Cosine and sine of 65,536 angles, offset by a random half step: the table's grain is far below σ.
  const cosine = Float32Array.from({ length: 65536 }, (_, i) =>
    Math.cos(((i + 0.5) * 2 * Math.PI) / 65536),
  );
  const sine = Float32Array.from({ length: 65536 }, (_, i) =>
    Math.sin(((i + 0.5) * 2 * Math.PI) / 65536),
  );
  return (out, sigma) => {
    for (let i = 0; i + 1 < out.length; i += 2) {
      const radius = sigma * Math.sqrt(-2 * Math.log((next() + 0.5) / 4294967296));
      const angle = next() >>> 16;
      out[i] = radius * cosine[angle]!;
      out[i + 1] = radius * sine[angle]!;
    }
  };
}

async function ours(): Promise<Record<string, number>> {
  const sums = values.kernel ? undefined : await runtimeSums(size, { batch, threads });
  const moments = streamingMoments(size, sums ? { sums } : {});
  const fill = noiseSource(2);
  const choose = streamOf(3, "bench choice");
  // Two buffers: one batch is drawn on this thread while the runtime's threads multiply the other.
  const buffers = [new Float32Array(batch * size), new Float32Array(batch * size)];
  let pending: Promise<void> = Promise.resolve();
  let draw = 0;
  const started = performance.now();
  for (let start = 0, k = 0; start < images; start += batch, k++) {
    const t0 = performance.now();
    const n = Math.min(batch, images - start);
    const own = buffers[k % 2]!.subarray(0, n * size);
    fill(own, 0.1);
    for (let r = 0; r < n; r++) {
      const background = pool[choose.integer(pool.length)]!;
      const at = r * size;
      if (k % 2 === 1) for (let i = 0; i < size; i++) own[at + i]! += background[i]! + signal[i]!;
      else for (let i = 0; i < size; i++) own[at + i]! += background[i]!;
    }
    draw += performance.now() - t0;
    await pending;
    pending = moments.add(own, k % 2 === 1);
    // Lets the product start before this thread is busy drawing again.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await pending;
  const t2 = performance.now();
  const result = hotellingOfMoments(await moments.result());
  const done = performance.now();
  await sums?.dispose();
  return {
    draw: draw / 1000,
    product: (t2 - started - draw) / 1000,
    solve: (done - t2) / 1000,
    total: (done - started) / 1000,
    residual: result.status === "ok" ? result.residual : NaN,
    "resident MiB": process.resourceUsage().maxRSS / 1024,
  };
}

const table: Record<string, Record<string, number>> = { dprime: await ours() };
if (values.numpy) {
  const folder = mkdtempSync(join(tmpdir(), "dprime-bench-"));
  try {
    const [poolPath, signalPath] = [join(folder, "pool.f32"), join(folder, "signal.f32")];
    const all = new Float32Array(pool.length * size);
    pool.forEach((p, k) => all.set(p, k * size));
    writeFileSync(poolPath, new Uint8Array(all.buffer));
    writeFileSync(signalPath, new Uint8Array(signal.buffer));
    const script = join(dirname(fileURLToPath(import.meta.url)), "peers", "hotelling.py");
    const text = execFileSync(
      values.numpy,
      [script, poolPath, signalPath, String(images), String(batch)],
      {
        env: {
          ...process.env,
          OPENBLAS_NUM_THREADS: String(threads),
          OMP_NUM_THREADS: String(threads),
        },
        encoding: "utf8",
      },
    );
    table.numpy = JSON.parse(text) as Record<string, number>;
    table.ratio = Object.fromEntries(
      Object.entries(table.numpy).map(([k, v]) => [k, table.dprime![k]! / v]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
console.log(
  `${images} images of 64×64, batches of ${batch}, ${threads} threads, ${values.kernel ? "WebAssembly" : "runtime"} sums; seconds:`,
);
console.table(table);
