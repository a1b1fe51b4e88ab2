/**
 * Damaged inputs for every reader, many more than the ordinary tests try:
 *
 *   npx tsx tools/long/fuzz.ts [--count 20000] [--first 0] [--format NAME] [--megabytes 1024]
 *
 * Every input must end in an image or in an error of the family, within 5 s of processor time and within the memory. Seeds
 * that fail are kept in test/data/fuzz-seeds.json, which the ordinary tests try again from then on.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openMember } from "../../src/core/member.ts";
import { streamOf } from "../../src/core/random.ts";
import { catalogue } from "../../src/formats/catalogue.ts";
import type { Format } from "../../src/formats/format.ts";
import { fuzzInputs } from "../../test/format-cases.ts";
import { mutate, repairs, tryInput } from "../../test/mutate.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "20000" },
    first: { type: "string", default: "0" },
    format: { type: "string" },
    megabytes: { type: "string", default: "1024" },
  },
});
const count = Number(values.count);
const first = Number(values.first);
const limit = Number(values.megabytes);
const seedsPath = fileURLToPath(new URL("../../test/data/fuzz-seeds.json", import.meta.url));
const kept: Record<string, number[]> = existsSync(seedsPath)
  ? (JSON.parse(readFileSync(seedsPath, "utf8")) as Record<string, number[]>)
  : {};
let failed = 0;

for (const name of values.format === undefined ? Object.keys(catalogue) : [values.format]) {
  const format = await openMember<Format>(catalogue, name, `Cannot fuzz: found no format ${name}`);
  const inputs = await fuzzInputs(format);
  const repair = repairs[name];
  const start = performance.now();
  let images = 0;
  let slowest = 0;
  for (let seed = first; seed < first + count; seed++) {
    const stream = streamOf(seed, "fuzz", name);
    const input = inputs[stream.integer(inputs.length)]!;
    let bytes = mutate(input.bytes, stream);
    if (repair !== undefined && stream.uniform() < 0.7) bytes = repair(bytes);
    const from = performance.now();
    const what = await tryInput(format, bytes, { ...input.options, maxElements: 2 ** 24 });
    slowest = Math.max(slowest, performance.now() - from);
    if (what === undefined) images++;
    else {
      failed++;
      kept[name] = [...new Set([...(kept[name] ?? []), seed])].sort((a, b) => a - b);
      console.error(`${name} seed ${seed}: ${what}`);
    }
    const megabytes = process.memoryUsage().rss / 2 ** 20;
    if (megabytes > limit) {
      console.error(
        `${name} seed ${seed}: ${megabytes.toFixed(0)} MiB in use, wanted at most ${limit}`,
      );
      failed++;
      break;
    }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${name}: ${images} of ${count} in order, slowest ${slowest.toFixed(0)} ms, ${seconds} s`,
  );
}
if (failed > 0) {
  writeFileSync(seedsPath, `${JSON.stringify(kept, null, 2)}\n`);
  process.exitCode = 1;
}
