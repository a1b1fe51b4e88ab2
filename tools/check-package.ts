/**
 * Checks the package as a user gets it: what is packed, what publint and attw say of it, and that it
 * installs, runs, compiles and bundles in an empty project on a network where neither NuGet nor a
 * compiler is to be had. Needs `dist`. With `--nodes` also under later versions of Node.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { build, type BuildFailure } from "esbuild";
import {
  CheckFailed,
  installAlone,
  need,
  nodeOfVersion,
  pack,
  pathWith,
  root,
  run,
  runChecks,
  specifier,
  subpaths,
} from "./package/packed.ts";

/** Rooms that read disks or databases; every other one has to work in a page. */
const nodeOnly: readonly string[] = ["./files", "./store", "./study"];

/** Later versions of Node under which everything has to work, from npm's own packages of it. */
const laterNodes: readonly string[] = ["22.23.3", "24.21.0"];

/** A study of seconds, as in docs/studies.md. */
const smallStudy = `name: small
seed: 3
task:
  object: { name: binary-texture, options: { exponent: 2.5, convention: amplitude, slope: 2.5, contrast: 1 } }
  signal: { name: disk, options: { radiusMm: 2, amplitude: 0.07 } }
  noise: { name: gaussian, options: { sigma: 0.1 } }
cases: { test: 40, validation: 10, observerTraining: 20, chunk: 10 }
templates:
  signal: { kind: signal }
methods:
  noisy: { kind: noisy }
  smooth: { kind: denoiser, name: gaussian }
observers:
  matched: { kind: template, template: signal }
metrics:
  psnr: { name: psnr, dataRange: 1 }
statistics: { reference: noisy }
`;

/** Whether a packed path belongs there. */
function belongs(path: string): boolean {
  const wanted = [
    /^(package\.json|README\.md|LICENSE|NOTICE)$/,
    /^dist\/.*(?<!\.(test|fixture))\.(js|d\.ts)$/,
    /^dist\/workbench\/(index\.html|assets\/[\w-]+\.(js|css|wasm))$/,
    /^vendor\/[a-z-]+\/[\w.-]+$/,
    /^models\/[\w-]+\.(onnx|json|yaml)$/,
    /^recipes\/[\w-]+\.yaml$/,
  ];
  return wanted.some((shape) => shape.test(path));
}

/** Installed size in MB of a folder, as `du` counts it. */
const sizeOf = (folder: string): number =>
  Number(run("du", ["-sm", folder]).output.split("\t")[0] ?? 0);

const folder = mkdtempSync(join(tmpdir(), "dprime-package-"));
try {
  await checkAll(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function checkAll(folder: string): Promise<void> {
  const packed = pack(folder);
  const home = join(folder, "empty project");
  const bin = join(home, "node_modules", "dprime", "dist", "cli", "main.js");
  const checks: [string, () => void][] = [
    ["holds what is needed and nothing else", () => checkFiles(packed.files)],
    ["publint", () => void need("publint", ["npx", "publint", "run", packed.tarball, "--strict"])],
    [
      "attw",
      () => void need("attw", ["npx", "attw", packed.tarball, "--profile", "esm-only", "-q"]),
    ],
    [
      "installs in an empty project without NuGet and compiler",
      () => {
        installAlone(packed.tarball, home);
        console.log(`  ${sizeOf(join(home, "node_modules"))} MB without the native parts`);
      },
    ],
    ["runs the demo", () => checkDemo(process.execPath, bin, join(folder, "demo"))],
    ["imports every subpath", () => checkImports(home, process.execPath)],
    ["says what is missing when a study wants a store", () => checkStore(bin, folder)],
    ["compiles in a strict project", () => checkConsumer(home)],
  ];
  for (const version of process.argv.includes("--nodes") ? laterNodes : []) {
    const node = laterNode(version, folder);
    if (node === undefined) continue;
    checks.push([`Node ${version}: imports every subpath`, () => checkImports(home, node)]);
    checks.push([
      `Node ${version}: demo without native parts`,
      () => checkDemo(node, bin, join(folder, `demo-${version}`)),
    ]);
    checks.push([`Node ${version}: build, study and store`, () => checkNode(node, folder)]);
  }
  runChecks("package", checks);
  try {
    await checkBundles(home, folder);
    console.log("package: bundles for the browser by plain esbuild");
  } catch (error) {
    console.error(error instanceof CheckFailed ? error.message : error);
    console.error("package: FAILED bundles for the browser");
    process.exitCode = 1;
  }
}

/** The program of another version of Node; undefined, with a line, where npm cannot fetch its package. */
function laterNode(version: string, folder: string): string | undefined {
  try {
    return join(nodeOfVersion(version, join(folder, `node-${version}`)), "node");
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error;
    console.log(`package: skipped Node ${version}: npm cannot fetch it here`);
    return undefined;
  }
}

function checkFiles(files: readonly { path: string }[]): void {
  const paths = files.map(({ path }) => path);
  const strange = paths.filter((path) => !belongs(path));
  const needed = [
    "dist/cli/main.js",
    "dist/workbench/index.html",
    "models/drunet-light.onnx",
    "recipes/chen-zhou.yaml",
    ...subpaths.map((subpath) =>
      subpath === "." ? "dist/index.js" : `dist/${subpath.slice(2)}/index.js`,
    ),
  ];
  const missing = needed.filter((path) => !paths.includes(path));
  if (strange.length + missing.length > 0) {
    throw new CheckFailed(
      `packed without need: ${strange.join(", ") || "nothing"}; missing: ${missing.join(", ") || "nothing"}`,
    );
  }
}

function checkDemo(node: string, bin: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const output = need("dprime demo", [node, bin, "demo"], { cwd: folder });
  const lines = output.split("\n").filter((line) => line.includes("onnxruntime-node"));
  if (lines.length !== 1) {
    throw new CheckFailed(
      `the demo said ${lines.length} times that the native runtime is missing, wanted once:\n${output}`,
    );
  }
  if (readdirSync(folder, { recursive: true }).length === 0) {
    throw new CheckFailed("the demo left no file");
  }
}

function checkImports(home: string, node: string): void {
  const file = join(home, "imports.mjs");
  const list = JSON.stringify(subpaths.map(specifier));
  writeFileSync(
    file,
    `for (const name of ${list}) {
  const names = Object.keys(await import(name));
  if (names.length === 0) throw new Error(name + " exports nothing");
}\n`,
  );
  need("import of every subpath", [node, file], { cwd: home });
}

/** Without any SQLite a study must say what is missing; with Node's own it must get past that. */
function checkStore(bin: string, folder: string): void {
  const { code, output } = run(process.execPath, [bin, "study", "list"], {
    environment: { DPRIME_STORE: join(folder, "store.sqlite") },
  });
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 && !(code !== 0 && output.includes("npm install better-sqlite3"))) {
    throw new CheckFailed(`wanted one clear sentence about SQLite, found:\n${output}`);
  }
}

function checkConsumer(home: string): void {
  const lines = subpaths.map(
    (subpath, i) => `import * as room${i} from "${specifier(subpath)}";\nvoid room${i};`,
  );
  writeFileSync(join(home, "consumer.ts"), `${lines.join("\n")}\nexport {};\n`);
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2023", "DOM"],
    module: "NodeNext",
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
  };
  writeFileSync(
    join(home, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["consumer.ts"] }),
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  need("a strict consumer", [process.execPath, tsc, "-p", home]);
}

/** Bundles every room that is for pages; `platform: "browser"` refuses imports of Node's modules. */
async function checkBundles(home: string, folder: string): Promise<void> {
  const failures: string[] = [];
  for (const subpath of subpaths.filter((path) => !nodeOnly.includes(path))) {
    try {
      await build({
        stdin: {
          contents: `import * as room from "${specifier(subpath)}"; console.log(room);`,
          resolveDir: home,
        },
        bundle: true,
        format: "esm",
        outfile: join(folder, "bundle.js"),
        logLevel: "silent",
      });
    } catch (error) {
      const { errors } = error as BuildFailure;
      failures.push(`${specifier(subpath)}: ${errors.map(({ text }) => text).join("; ")}`);
    }
  }
  if (failures.length > 0) throw new CheckFailed(failures.join("\n"));
}

/** The repository itself under another Node: its build, a small study, and the store's tests. */
function checkNode(node: string, folder: string): void {
  const environment = pathWith(dirname(node));
  const options = { environment };
  const tsc = join("node_modules", "typescript", "bin", "tsc");
  const out = join(folder, "dist");
  need("build", [node, tsc, "-p", "tsconfig.build.json", "--outDir", out], options);
  const store = join(folder, `store-${Math.random()}.sqlite`);
  const report = join(folder, `report-${basename(store)}`);
  const study = join(folder, "small.yaml");
  writeFileSync(study, smallStudy);
  const words = ["study", "run", study, "-o", report, "--store", store];
  need("a study", [node, "dist/cli/main.js", ...words], options);
  if (!existsSync(join(report, "report.html"))) throw new CheckFailed("the study left no report");
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  // SQLite comes with Node or is built for it; PostgreSQL's client is the same under all.
  const sqlite = ["-t", "^(?!.*[Pp]ostgre)", "--maxWorkers=1"];
  need("the store's tests", [node, vitest, "run", "src/store", ...sqlite], options);
}
