/**
 * How long each classical denoiser takes: processor seconds of one thread for a plane with Gaussian noise, per
 * million pixels. `--write` makes `src/denoise/measured-times.ts`, which `dprime list denoisers` shows.
 *
 *   npx tsx bench/denoiser-times.ts [--size=256] [--write]
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { catalogue } from "../src/denoise/catalogue.ts";
import { scene, withGaussianNoise } from "../test/denoise-scene.ts";

const size = Number(/--size=(\d+)/.exec(process.argv.join(" "))?.[1] ?? 256);
const sigma = 10;
const image = withGaussianNoise(scene(size), sigma, 3);
const templates = [new Float32Array(size * size).fill(1)];

const times: Record<string, number> = {};
for (const [name, open] of Object.entries(catalogue)) {
  const denoiser = await open();
  const run = async (): Promise<number> => {
    const before = process.cpuUsage();
    await denoiser.denoise(image, undefined, {
      sigma: denoiser.noise === "speckle" ? 0.1 : sigma,
      threads: 1,
      ...(denoiser.uses?.includes("templates") ? { templates } : {}),
    });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  // Methods of series have nothing to do on one plane.
  const first = await run().catch(() => undefined);
  if (first === undefined) continue;
  // Short ones are measured again: the first call also compiles.
  const seconds = first > 2 ? first : Math.min(await run(), await run());
  times[name] = Number(((seconds * 1e6) / size ** 2).toPrecision(2));
  console.log(`${name}: ${times[name]} s`);
}

if (process.argv.includes("--write")) {
  const key = (name: string) => (/^\w+$/.test(name) ? name : JSON.stringify(name));
  const rows = Object.entries(times).map(([name, value]) => `  ${key(name)}: ${value},`);
  writeFileSync(
    join(import.meta.dirname, "..", "src", "denoise", "measured-times.ts"),
    `// Written by \`npx tsx bench/denoiser-times.ts --write\`; do not edit.

/**
 * Processor seconds of one thread for a million pixels of a plane with Gaussian noise (${size} × ${size}, σ ${sigma} of 200,
 * default parameters; ${cpus()[0]?.model.trim() ?? "unknown processor"}, Node ${process.versions.node}).
 */
export const secondsPerMegapixel: Readonly<Record<string, number>> = {
${rows.join("\n")}
};
`,
  );
}
process.exit(0);
