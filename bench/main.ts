/**
 * Runs benchmarks and writes what they print into docs/benchmarks.md, each in its own section:
 *
 *   npm run bench            all of them, one after another, on a quiet machine
 *   npm run bench -- engine cli -- --rounds 3    some of them, with arguments for them
 *
 * A benchmark is a file of this folder that prints a Markdown table; a section of the page stays as
 * it is until its benchmark is run again. Lines `Page: docs/NAME.md` and `Section: TITLE` of its header
 * choose another page and heading.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const defaultPage = "docs/benchmarks.md";
const all = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && name !== "main.ts")
  .map((name) => basename(name, ".ts"))
  .sort();

const given = process.argv.slice(2);
const split = given.indexOf("--");
const names = split < 0 ? given : given.slice(0, split);
const passed = split < 0 ? [] : given.slice(split + 1);
const chosen = names.length === 0 ? all : names;
for (const name of chosen) {
  if (!all.includes(name)) {
    console.error(`Cannot run benchmark ${name}: wanted one of ${all.join(", ")}`);
    process.exit(2);
  }
}

const version = (command: string, args: readonly string[]) => {
  const { status, stdout } = spawnSync(command, [...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim().split("\n")[0]! : "absent";
};
const python = (module: string) =>
  version("/usr/bin/python3", ["-c", `import ${module}; print(${module}.__version__)`]);

function machine(): string {
  const [cpu] = cpus();
  const flags = existsSync("/proc/cpuinfo") ? readFileSync("/proc/cpuinfo", "utf8") : "";
  const simd = flags.includes("avx512f") ? "AVX-512" : flags.includes("avx2") ? "AVX2" : "";
  return `${cpus().length} × ${cpu?.model.trim() ?? "unknown"} ${simd}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}; PyTorch ${python("torch")}, scikit-image ${python("skimage")}, NumPy ${python("numpy")}`;
}

const header = `# Benchmarks

Written by \`npm run bench\`; a ratio above 1 means that dprime is faster. Both sides of a ratio ran in
turn on the same machine, on the same work and number of threads.
`;
const sectionPattern = (name: string) => new RegExp(`\n## ${name}\n[\\s\\S]*?(?=\n## |$)`);

/** Where a benchmark's output goes, by its header. */
function placeOf(name: string): { page: string; section: string } {
  const [comment = ""] = readFileSync(join(folder, `${name}.ts`), "utf8").split("*/", 1);
  const stated = (key: string) => new RegExp(`^ \\* ${key}: (.+)$`, "m").exec(comment)?.[1];
  const page = join(folder, "..", stated("Page") ?? defaultPage);
  return { page, section: stated("Section") ?? name };
}

for (const name of chosen) {
  console.log(`== ${name}`);
  const output = execFileSync(
    join(folder, "../node_modules/.bin/tsx"),
    [join(folder, `${name}.ts`), ...passed],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28 },
  ).trim();
  console.log(output);
  const when = new Date().toISOString().slice(0, 10);
  const { page, section } = placeOf(name);
  const text = existsSync(page) ? readFileSync(page, "utf8") : header;
  const written = `\n## ${section}\n\n${output}\n\n\`npm run bench -- ${[name, ...(passed.length > 0 ? ["--", ...passed] : [])].join(" ")}\`, ${when}; ${machine()}.\n`;
  const pattern = sectionPattern(section);
  writeFileSync(
    page,
    pattern.test(text) ? text.replace(pattern, () => written) : `${text.trimEnd()}\n${written}`,
  );
}
