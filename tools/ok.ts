/**
 * Everything that CI checks, in order, each step timed; later steps run although earlier ones failed,
 * so that one run shows all. Writes `.vitest/ok.json` with the counts.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const report = join(root, ".vitest", "tests.json");
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });

/** Benchmarks that can run in a few seconds say so by knowing `--smoke`, as a word or an option of `parseArgs`. */
const benches = readdirSync(join(root, "bench"))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .filter((name) => readFileSync(join(root, "bench", name), "utf8").match(/"--smoke"|\bsmoke: \{/));

const steps: readonly { name: string; words: readonly string[] }[] = [
  { name: "format", words: ["npm", "run", "-s", "format:check"] },
  { name: "lint", words: ["npm", "run", "-s", "lint"] },
  { name: "unused", words: ["npm", "run", "-s", "unused"] },
  { name: "layers", words: ["npm", "run", "-s", "layers"] },
  { name: "catalogue", words: ["npm", "run", "-s", "catalogue", "--", "--check"] },
  { name: "kernels", words: ["npm", "run", "-s", "kernels", "--", "--check"] },
  { name: "types", words: ["npm", "run", "-s", "types"] },
  { name: "rooms", words: ["npm", "run", "-s", "rooms-picture", "--", "--check"] },
  { name: "docs", words: ["npm", "run", "-s", "docs:check"] },
  { name: "docs site", words: ["npm", "run", "-s", "docs:site"] },
  { name: "build", words: ["npm", "run", "-s", "build"] },
  { name: "package", words: ["npm", "run", "-s", "package:check", "--", "--nodes"] },
  {
    name: "tests",
    words: [
      "npm",
      "test",
      "--",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
  },
  ...benches.map((name) => ({
    name: `bench ${name}`,
    words: ["npx", "tsx", `bench/${name}`, "--smoke"],
  })),
];

const failed: string[] = [];
const lines: string[] = [];
for (const { name, words } of steps) {
  console.log(`\n=== ${name}: ${words.join(" ")}`);
  const started = performance.now();
  const [program = "", ...rest] = words;
  const { status } = spawnSync(program, rest, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) failed.push(name);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  lines.push(`${status === 0 ? "ok    " : "FAILED"}  ${name} (${seconds} s)`);
}

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
}

function testCounts(): Counts {
  try {
    return JSON.parse(readFileSync(report, "utf8")) as Counts;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 0, numPendingTests: 0 };
  }
}

const counts = testCounts();
// A suite that does not load, or a step other than the tests, counts as one failure.
const otherSteps = failed.filter((name) => name !== "tests").length;
const brokenTests = failed.includes("tests") ? Math.max(1, counts.numFailedTests) : 0;
const total = {
  passed: counts.numPassedTests + steps.length - failed.length,
  failed: brokenTests + otherSteps,
  skipped: counts.numPendingTests,
};
writeFileSync(join(root, ".vitest", "ok.json"), JSON.stringify(total));
console.log(`\n${lines.join("\n")}`);
console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
