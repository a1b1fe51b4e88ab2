/**
 * Speed of CT on one thread against scikit-image's radon and iradon, and of low-dose insertion on all
 * cores.
 *
 *   npx tsx bench/physics.ts [--insertion] [--rounds N]
 *
 * The work is equal: 512×512 pixels, 1160 views; scikit-image has 512 channels, so its projection time
 * counts for 880/512 of itself against our 880. Rounds alternate; the best of each counts. Run
 * `bench/peers/radon.py` with a Python that has scikit-image: set PYTHON, else the comparison is left out.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { peerEnvironment } from "./peers/environment.ts";
import { makeImage } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { defaultThreads } from "../src/parallel/index.ts";
import { abdomen } from "../src/phantoms/abdomen.ts";
import { waterInserts } from "../src/phantoms/water-inserts.ts";
import {
  filteredBackprojection,
  hounsfieldToAttenuation,
  insertLowDose,
  pediatricScanner,
  planarProjector,
} from "../src/physics/index.ts";

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : (process.argv[at + 1] ?? "");
};
const rounds = Number(option("--rounds") ?? 3);
const n = 512;
const pixel = 340 / n;
const grid = { nx: n, ny: n, pixelMm: [pixel, pixel], centreMm: [0, 0] } as const;
const water = waterInserts.draw(streamOf(1), { size: n, fovMm: 340, diameterMm: 300 }).image;
const mu = hounsfieldToAttenuation(water.data, 0.0193);

const timed = <T>(work: () => T): { seconds: number; value: T } => {
  const started = performance.now();
  const value = work();
  return { seconds: (performance.now() - started) / 1000, value };
};
const best = {
  table: Infinity,
  project: Infinity,
  fbp: Infinity,
  radon: Infinity,
  iradon: Infinity,
};
for (let r = 0; r < rounds; r++) {
  const table = timed(() => planarProjector(pediatricScanner, grid));
  const project = timed(() => table.value.apply(mu));
  const fbp = timed(() =>
    filteredBackprojection(project.value, { geometry: pediatricScanner, grid, kernel: "hann" }),
  );
  best.table = Math.min(best.table, table.seconds);
  best.project = Math.min(best.project, project.seconds);
  best.fbp = Math.min(best.fbp, fbp.seconds);
  const python = process.env.PYTHON;
  if (python !== undefined) {
    const script = join(import.meta.dirname, "peers", "radon.py");
    const [radon = NaN, iradon = NaN] = execFileSync(python, [script], {
      env: peerEnvironment(1),
      encoding: "utf8",
    })
      .trim()
      .split(/\s+/)
      .map(Number);
    best.radon = Math.min(best.radon, radon);
    best.iradon = Math.min(best.iradon, iradon);
  }
}
console.log(`fan-beam, ${n}×${n}, 1160 views × 880 channels, one thread, best of ${rounds}`);
console.log(`  table of rays       ${best.table.toFixed(2)} s (kept for all slices)`);
console.log(`  forward projection  ${best.project.toFixed(2)} s`);
console.log(`  FBP                 ${best.fbp.toFixed(2)} s`);
if (Number.isFinite(best.radon)) {
  const equal = (best.radon * 880) / 512;
  console.log(
    `  scikit-image radon  ${best.radon.toFixed(2)} s, at equal work ${equal.toFixed(2)} s`,
  );
  console.log(`  scikit-image iradon ${best.iradon.toFixed(2)} s`);
  console.log(
    `  ratio: projection ${(equal / best.project).toFixed(1)}, with its table ${(equal / (best.project + best.table)).toFixed(1)}, FBP ${(best.iradon / best.fbp).toFixed(1)}`,
  );
} else console.log("  (set PYTHON to compare with scikit-image)");

if (process.argv.includes("--insertion")) {
  const slices = 64;
  const one = abdomen.draw(streamOf(2), { size: n, zMm: 20 }).image;
  const values = new Float32Array(slices * n * n);
  for (let k = 0; k < slices; k++) values.set(one.data, k * n * n);
  const volume = makeImage(values, [slices, n, n], { spacing: one.spacing, unit: "HU" });
  const started = performance.now();
  await insertLowDose(volume, { dose: 0.25, stream: streamOf(3), threads: defaultThreads() });
  console.log(
    `low-dose insertion ${n}×${n}×${slices}, ${defaultThreads()} threads: ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}
