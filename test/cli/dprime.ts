/** Runs the built `dprime` in a child process, as a user's shell does. */
import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";

const root = join(import.meta.dirname, "..", "..");
const main = join(root, "dist", "cli", "main.js");

/**
 * Brings `dist` up to date with the sources, file by file, so that a test costs no whole build. Types are
 * checked elsewhere. Test files run in several processes: each file appears whole, whoever is first.
 */
export function buildOnce(): void {
  const { compilerOptions } = ts.readConfigFile(join(root, "tsconfig.json"), (path) =>
    ts.sys.readFile(path),
  ).config as { compilerOptions: object };
  const { options } = ts.convertCompilerOptionsFromJson(
    // One file at a time the compiler does not see package.json, which says that these are ES modules.
    {
      ...compilerOptions,
      module: "esnext",
      moduleResolution: "bundler",
      noEmit: false,
      declaration: false,
      sourceMap: false,
    },
    root,
  );
  const changed = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const name of readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })) {
    if (!/(?<!\.test|\.d)\.ts$/.test(name) || name.includes("assembly")) continue;
    const source = join(root, "src", name);
    const target = join(root, "dist", name.replace(/\.ts$/, ".js"));
    if (changed(target) > changed(source)) continue;
    const { outputText } = ts.transpileModule(readFileSync(source, "utf8"), {
      compilerOptions: options,
      fileName: source,
    });
    mkdirSync(dirname(target), { recursive: true });
    const part = `${target}.${process.pid}.part`;
    writeFileSync(part, outputText);
    renameSync(part, target);
  }
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `dprime` with these words; `shell` puts text before the command, such as a `ulimit`. */
export function dprime(
  words: readonly string[],
  options: { cwd?: string; shell?: string } = {},
): Ran {
  const run: SpawnSyncReturns<string> =
    options.shell === undefined
      ? spawnSync(process.execPath, [main, ...words], { cwd: options.cwd, encoding: "utf8" })
      : spawnSync(
          "bash",
          ["-c", `${options.shell}; exec "$@"`, "bash", process.execPath, main, ...words],
          { cwd: options.cwd, encoding: "utf8" },
        );
  return { code: run.status, out: run.stdout, err: run.stderr };
}

/** Starts `dprime`, sends a signal when its output on stderr first matches, and waits for the end. */
export async function interrupted(
  words: readonly string[],
  options: {
    when: RegExp;
    signal: NodeJS.Signals;
    cwd?: string;
    /** Done while it still runs, with what it said so far. */
    before?: (err: string) => void;
  },
): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...words], { cwd: options.cwd });
  let out = "";
  let err = "";
  let sent = false;
  child.stdout.on("data", (data: Buffer) => void (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => {
    err += data.toString();
    if (!sent && options.when.test(err)) {
      sent = true;
      options.before?.(err);
      child.kill(options.signal);
    }
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out, err };
}

/** A new folder for one test file; it goes with the run (test/temporary-folder.ts). */
export function newFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `dprime-${name}-`));
}

/** Names in a folder and below, sorted: to see that nothing half-written was left. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
}
