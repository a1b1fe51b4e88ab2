/** The package as a user gets it: packed, with what is in it, and installed in an empty folder. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs a program and returns what it printed on both streams. */
export function run(
  program: string,
  words: readonly string[],
  options: { cwd?: string; environment?: Readonly<Record<string, string>> } = {},
): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.environment },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return { code: status ?? 1, output: `${stdout}${stderr}${error?.message ?? ""}` };
}

/** Ends the check with what went wrong. */
export class CheckFailed extends Error {}

/** Runs a program that must succeed. */
export function need(
  what: string,
  [program, ...words]: readonly [string, ...string[]],
  options: Parameters<typeof run>[2] = {},
): string {
  const { code, output } = run(program, words, options);
  if (code !== 0) throw new CheckFailed(`${what} failed (exit ${code}):\n${output.slice(-6000)}`);
  return output;
}

export interface Packed {
  readonly tarball: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Packs what lies in `dist` and `vendor`; `npm pack` alone would build once more. */
export function pack(folder: string): Packed {
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const text = need("npm pack", ["npm", ...words]);
  const [made] = JSON.parse(text.slice(text.indexOf("["), text.lastIndexOf("]") + 1)) as {
    filename: string;
    files: Packed["files"];
  }[];
  return { tarball: join(folder, made!.filename), files: made!.files };
}

/**
 * Installs the tarball in an empty project, as on a network without NuGet, a GitHub or a compiler: both
 * native parts fail to install, so that everything has to work without them.
 */
export function installAlone(tarball: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "empty", "private": true }\n');
  // Nothing listens on the discard port: whatever a script wants to fetch is refused at once.
  const nowhere = "http://127.0.0.1:9";
  need("npm install of the packed tarball", ["npm", "install", tarball, ...quiet], {
    cwd: folder,
    environment: {
      GLOBAL_AGENT_HTTP_PROXY: nowhere,
      GLOBAL_AGENT_HTTPS_PROXY: nowhere,
      npm_config_better_sqlite3_binary_host: nowhere,
      MAKE: "false",
    },
  });
  for (const part of ["onnxruntime-node", "better-sqlite3"]) {
    if (existsSync(join(folder, "node_modules", part))) {
      throw new CheckFailed(`${part} is installed, although its script cannot have worked`);
    }
  }
}

const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];

/** A folder that holds the `node` of a version, from the packages that npm's own package `node` uses. */
export function nodeOfVersion(version: string, folder: string): string {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "name": "empty", "private": true }\n');
  need(`npm install of ${name}@${version}`, ["npm", "install", `${name}@${version}`, ...quiet], {
    cwd: folder,
  });
  return join(folder, "node_modules", name, "bin");
}

/** The environment in which `node`, `npm` and `npx` are those of a folder. */
export function pathWith(bin: string): { PATH: string } {
  return { PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
}

export interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>> | string>>;
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/** Subpaths that can be imported, `.` first. */
export const subpaths = Object.keys(manifest.exports).filter((path) => path !== "./package.json");

/** What a user writes after `from`. */
export const specifier = (subpath: string): string => `dprime${subpath.slice(1)}`;

/** Runs named checks one after the other, and says which failed. */
export function runChecks(title: string, checks: readonly [string, () => void][]): void {
  let failed = 0;
  for (const [name, check] of checks) {
    const started = performance.now();
    try {
      check();
    } catch (error) {
      failed++;
      console.error(error instanceof CheckFailed ? error.message : error);
      console.error(`${title}: FAILED ${name}`);
      continue;
    }
    console.log(`${title}: ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  }
  console.log(failed === 0 ? `${title}: in order` : `${title}: ${failed} checks failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
