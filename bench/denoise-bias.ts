/**
 * Largest mean shift of flat regions by every classical denoiser, in multiples of the noise level.
 *
 *   npm run bench -- denoise-bias [-- --draws 6] [--smoke]
 *
 * Page: docs/denoisers.md
 * Section: Bias in flat regions
 */
import { parseArgs } from "node:util";
import { catalogue } from "../src/denoise/catalogue.ts";
import { findDenoiser } from "../src/denoise/find-denoiser.ts";
import { endIdleWorkers } from "../src/parallel/node.ts";
import { biasOf } from "../test/denoise-bias.ts";
import { economical } from "../test/denoiser-cases.ts";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    draws: { type: "string", default: "6" },
    smoke: { type: "boolean", default: false },
  },
});
const draws = values.smoke ? 1 : Number(values.draws);
const names = [
  ...Object.keys(catalogue),
  "rician+total-variation",
  "homomorphic+total-variation",
  "anscombe+total-variation",
].filter((name) => !values.smoke || ["gaussian", "total-variation"].includes(name));

console.log(
  `Largest mean shift of eight flat regions (strips of 32 px, a disk of radius 24 px, bands of 5 px beside their edges), in multiples of the noise level that the method is told, mean of ${draws} draws; default settings, but for the slowest the economies of \`test/denoiser-cases.ts\`. Edges are 5 to 12 noise levels high (strong), or 1.5 (weak); the contract asks for less than 0.1 in white noise. Blurred noise is correlated over 1 px and holds for methods of additive noise.\n`,
);
console.log("| method | strong edges | weak edges | strong, blurred noise | weak, blurred noise |");
console.log("|---|--:|--:|--:|--:|");
for (const name of names) {
  const denoiser = economical(await findDenoiser(name));
  const additive = denoiser.noise === "gaussian";
  const cells: string[] = [];
  for (const blur of [0, 1]) {
    for (const scene of ["strong edges", "weak edges"] as const) {
      const shift =
        blur === 0 || additive ? (await biasOf(denoiser, { scene, draws, blur })).shift : undefined;
      cells.push(shift === undefined ? "" : Math.abs(shift).toFixed(3));
    }
  }
  console.log(`| \`${name}\` | ${cells.join(" | ")} |`);
}
await endIdleWorkers();
