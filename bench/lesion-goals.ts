/**
 * The goals of lesion-preserving denoising, row by row, each beside what was measured.
 *
 *   npm run bench -- lesion-goals [-- --scans 60] [--only TEXT] [--model ct] [--smoke]
 *
 * Inserts of the low-contrast module (tools/long/low-contrast.ts) and four that no training has seen, at four doses
 * and every setting of the dial: contrast kept beside that of the Gaussian blur and of the Wiener filter (for the
 * measured noise) with the same error, paired on the same scans. Then d' of the default setting, bias and resolution
 * at structure, false structure, and what LCD_CT's images and repeated MR scans say.
 */
import { parseArgs } from "node:util";
import { defaultMethodRows } from "./lesion-goals/detectability.ts";
import { keptRows } from "./lesion-goals/kept.ts";
import { falseStructureRows } from "./lesion-goals/false-structure.ts";
import type { GoalRow } from "./lesion-goals/goal-row.ts";
import { structureRows } from "./lesion-goals/structure.ts";
import { resolutionRows } from "./lesion-goals/resolution.ts";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    scans: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    model: { type: "string", default: "ct" },
    smoke: { type: "boolean", default: false },
  },
});
const { smoke, model } = values;
const scans = smoke ? 4 : Number(values.scans);
const parts: Readonly<Record<string, () => Promise<readonly GoalRow[]>>> = {
  kept: () =>
    keptRows(model, {
      doses: smoke ? [1] : [1, 0.55, 0.25, 0.1],
      scans,
      fewer: Math.ceil(scans / 3),
    }),
  detectability: () => defaultMethodRows(model, { perClass: scans }),
  "false structure": () => falseStructureRows(model, { scans: smoke ? 2 : 12 }),
  resolution: () => resolutionRows(model, { scans: smoke ? 1 : 6 }),
  structure: () => structureRows(model, { people: smoke ? 1 : 3, size: smoke ? 128 : 512 }),
};
console.log("| goal | measured | wanted | met |\n| --- | --- | --- | --- |");
for (const [name, rows] of Object.entries(parts)) {
  if (!name.includes(values.only)) continue;
  for (const { goal, measured, wanted, met } of await rows()) {
    console.log(`| ${goal} | ${measured} | ${wanted} | ${met} |`);
  }
}
process.exit(0);
