/** Other people's readers, in the system's Python; absent modules skip the comparisons. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface OracleAnswer {
  readonly shape: number[];
  readonly dtype: string;
  /** Of the elements, little-endian, in the order of the file. */
  readonly sha256: string;
  readonly affine: number[][];
  readonly sum: number | null;
  readonly error?: string;
}

/** The Python that has a module; undefined with a printed line when none has. */
export function pythonWith(module: string): string | undefined {
  // Debian's modules belong to the system's Python, which need not be the first on the path.
  const found = ["/usr/bin/python3", "python3"].find(
    (p) => spawnSync(p, ["-c", `import ${module}`]).status === 0,
  );
  if (found === undefined) console.log(`Python's ${module} is absent: its comparisons are skipped`);
  return found;
}

export function readByPython(python: string, paths: readonly string[]): OracleAnswer[] {
  const ran = spawnSync(python, [join(root, "test", "oracle", "read_images.py"), ...paths], {
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as OracleAnswer);
}

/** The first of the names that is a program here; undefined with a printed line when none is. */
export function programOf(what: string, names: readonly string[]): string | undefined {
  const found = names.find((name) => spawnSync(name, ["--help"]).error === undefined);
  if (found === undefined) console.log(`${what} is absent: its comparisons are skipped`);
  return found;
}
