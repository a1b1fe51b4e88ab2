/**
 * Hotelling template from noisy 64×64 images drawn on the fly, against numpy on the same machine.
 *
 *   npx tsx bench/hotelling.ts [--images 380000] [--batch 4096] [--block 512] [--threads 2] [--numpy python3] [--kernel]
 *
 * Draws, sums outer products and solves; prints seconds of each part, the solver's residual (NaN when
 * the images are too few to invert) and the greatest resident memory. `--kernel` sums by WebAssembly in
 * place of the runtime. numpy runs bench/peers/hotelling.py with as many BLAS threads and the same batches.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { peerEnvironment } from "./peers/environment.ts";
import { streamOf } from "../src/core/random.ts";
import { fillNormals } from "../src/math/normals.ts";
import { hotellingOfMoments, streamingMoments } from "../src/observers/moments.ts";
import { runtimeSums } from "../src/observers/runtime-sums.ts";
import { binaryTexture } from "../src/phantoms/binary-texture.ts";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "380000" },
    batch: { type: "string", default: "4096" },
    threads: { type: "string", default: "2" },
    numpy: { type: "string" },
    block: { type: "string", default: "512" },
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

const withSignal = pool.map((background) => background.map((v, i) => v + signal[i]!));

async function ours(): Promise<Record<string, number>> {
  const sums = values.kernel
    ? undefined
    : await runtimeSums(size, { batch, threads, block: Number(values.block) });
  const moments = streamingMoments(size, sums ? { sums } : {});
  const noise = streamOf(2, "bench noise");
  const choose = streamOf(3, "bench choice");
  const rows = new Float32Array(batch * size);
  let draw = 0;
  const started = performance.now();
  const used = process.cpuUsage();
  for (let start = 0, k = 0; start < images; start += batch, k++) {
    const t0 = performance.now();
    const n = Math.min(batch, images - start);
    const own = rows.subarray(0, n * size);
    fillNormals(noise, own, { sigma: 0.1 });
    for (let r = 0; r < n; r++) {
      const background = (k % 2 === 1 ? withSignal : pool)[choose.integer(pool.length)]!;
      const image = own.subarray(r * size, (r + 1) * size);
      for (let i = 0; i < size; i++) image[i]! += background[i]!;
    }
    draw += performance.now() - t0;
    await moments.add(own, k % 2 === 1);
  }
  const t2 = performance.now();
  const result = hotellingOfMoments(await moments.result());
  const done = performance.now();
  const cpu = process.cpuUsage(used);
  await sums?.dispose();
  return {
    draw: draw / 1000,
    product: (t2 - started - draw) / 1000,
    solve: (done - t2) / 1000,
    total: (done - started) / 1000,
    "CPU seconds": (cpu.user + cpu.system) / 1e6,
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
        env: peerEnvironment(threads),
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
