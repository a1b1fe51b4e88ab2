/**
 * Training methods on problems whose answer is known, each with what was found.
 *
 *   npm run bench -- known-answers [-- --only wgan] [--smoke]
 *
 * Page: docs/training.md
 * Section: Problems whose answer is known
 *
 * All are tests too: src/train/known-answers.test.ts, src/workflows/train-descriptions.test.ts and, for the first steps of
 * `drunet-light`, src/train/first-steps.test.ts. "--smoke" takes the first problem alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type KnownAnswer, knownAnswers } from "../src/train/known-answers.fixture.ts";
import { organsDescription } from "../src/workflows/organs.fixture.ts";
import { trainFiles } from "../src/workflows/train-files.ts";

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, smoke: { type: "boolean", default: false } },
});

const organs: KnownAnswer = {
  method: "segmentation",
  problem: "liver and kidneys of 12 phantoms never seen, U-Net of 8 channels, 200 steps",
  wanted: "mean Dice above 0.9",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "dprime-organs-"));
    try {
      const file = join(folder, "organs.json");
      writeFileSync(file, JSON.stringify(organsDescription()));
      const output = join(folder, "organs");
      const { validation } = await trainFiles(file, { output, cache: folder, threads: 1 });
      return { found: validation!.value.toFixed(3), holds: validation!.value > 0.9 };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

const all = [...knownAnswers, organs];
const chosen = values.smoke
  ? all.slice(0, 1)
  : all.filter(({ method }) => method.includes(values.only));
console.log("| method | problem | wanted | found |");
console.log("|---|---|---|---|");
let missed = 0;
for (const { method, problem, wanted, run } of chosen) {
  const { found, holds } = await run();
  if (!holds) missed++;
  console.log(
    `| \`${method}\` | ${problem} | ${wanted} | ${found}${holds ? "" : " **(missed)**"} |`,
  );
}
console.log(
  "\nThe description of `drunet-light` takes the first steps of the commit that trained it: patches to the bit, losses to float32's rounding (a test).",
);
process.exit(missed === 0 ? 0 : 1);
