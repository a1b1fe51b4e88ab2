/**
 * The command line as a user meets it: cold from the shell, built package, default model.
 *
 *   npm run bench -- cli [--rounds 5] [--slices 100]
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { withData } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { writeNewDicom } from "../src/dicom/create.ts";
import { abdomen } from "../src/phantoms/abdomen.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    slices: { type: "string", default: "100" },
  },
});
const rounds = Number(values.rounds);
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const preload = new URL("report-memory.mjs", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "dprime-cli-bench-"));

/** Seconds and peak memory in MB of each of several runs. */
function measure(args: readonly string[], times: number) {
  const runs = Array.from({ length: times }, () => {
    const memory = join(folder, "memory");
    const began = performance.now();
    execFileSync(process.execPath, ["--import", preload, main, ...args], {
      env: { ...process.env, DPRIME_BENCH_MEMORY: memory },
      stdio: "ignore",
    });
    return {
      seconds: (performance.now() - began) / 1000,
      megabytes: Number(readFileSync(memory, "utf8")),
    };
  });
  const seconds = runs.map((r) => r.seconds).sort((a, b) => a - b);
  return {
    median: seconds[Math.floor(seconds.length / 2)]!,
    low: seconds[0]!,
    high: seconds.at(-1)!,
    megabytes: Math.max(...runs.map((r) => r.megabytes)),
  };
}

try {
  const series = join(folder, "series");
  mkdirSync(series);
  const { image } = abdomen.draw(streamOf(1, "cli bench"), { size: 512 });
  const count = Number(values.slices);
  for (let k = 0; k < count; k++) {
    const stream = streamOf(2, "cli bench", k);
    const noisy = withData(
      { ...image, origin: [image.origin[0], image.origin[1], 3 * k] },
      image.data.map((v) => v + 20 * stream.normal()),
    );
    const name = `slice${String(k).padStart(3, "0")}.dcm`;
    const { bytes } = await writeNewDicom(noisy, {
      seriesUid: "2.25.1",
      frameOfReferenceUid: "2.25.2",
      instanceNumber: k + 1,
    });
    writeFileSync(join(series, name), bytes);
  }
  const one = join(series, "slice000.dcm");
  const rows = [
    { title: "`dprime --help`", args: ["--help"], times: rounds, wanted: "under 0.25 s", per: 1 },
    {
      title: "`dprime denoise` of one 512×512 DICOM slice, cold",
      args: ["denoise", one, "-o", join(folder, "out.dcm")],
      times: rounds,
      wanted: "under 3 s, under 600 MB",
      per: 1,
    },
    {
      title: `\`dprime denoise\` of a series of ${count} slices, per slice`,
      args: ["denoise", series, "-o", join(folder, "out")],
      times: 1,
      wanted: "under 0.5 s",
      per: count,
    },
  ];
  console.log("| command | seconds (median, range) | peak memory (MB) | wanted |");
  console.log("|---|---|---|---|");
  for (const { title, args, times, wanted, per } of rows) {
    const { median, low, high, megabytes } = measure(args, times);
    const s = (v: number) => (v / per).toFixed(per === 1 ? 2 : 3);
    console.log(
      `| ${title} | **${s(median)}** (${s(low)}–${s(high)}) | ${megabytes.toFixed(0)} | ${wanted} |`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
