/**
 * Fails on an import against the order of rooms, on an import cycle (imports of types alone count: two
 * files that need each other's types want a third that holds them), and on a `node:` import outside the
 * rooms that may have one.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { exceptions, lines, nodeAllowed } from "./layers.ts";

export interface Source {
  /** Path below `src`, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/g;
const dynamicPattern = /\bimport\(\s*["']([^"']+)["']\s*\)/g;

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

export function importsOf(text: string): Import[] {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/[^\n]*/g, "$1");
  const found: Import[] = [];
  for (const match of withoutComments.matchAll(importPattern)) {
    found.push({ target: match[2]!, typeOnly: match[1] !== undefined });
  }
  for (const match of withoutComments.matchAll(dynamicPattern)) {
    found.push({ target: match[1]!, typeOnly: false });
  }
  return found;
}

/** All breaches, as sentences; empty when the house is in order. */
export function findBreaches(sources: readonly Source[]): string[] {
  const breaches: string[] = [];
  const edges = new Map<string, string[]>();
  const imported = new Map<string, Set<string>>();
  const known = new Set(sources.map((s) => s.path));
  for (const { path, text } of sources) {
    const isTest = path.endsWith(".test.ts");
    const room = path.split("/")[0]!;
    const line = lines[room];
    if (path.includes("/") && line === undefined) {
      breaches.push(`${path}: room "${room}" has no line in tools/layers.ts`);
      continue;
    }
    const targets: string[] = [];
    const all = new Set<string>();
    imported.set(path, all);
    for (const { target } of importsOf(text)) {
      if (target.startsWith("node:")) {
        if (!isTest && !nodeAllowed.some((row) => path.startsWith(row.prefix))) {
          breaches.push(
            `${path}: imports ${target}, which only rooms listed in tools/layers.ts may`,
          );
        }
        continue;
      }
      if (!target.startsWith(".")) continue;
      const resolved = posix.normalize(posix.join(posix.dirname(path), target));
      if (!known.has(resolved)) continue;
      all.add(resolved);
      targets.push(resolved);
      if (isTest || !path.includes("/")) continue;
      const otherRoom = resolved.split("/")[0]!;
      const other = lines[otherRoom];
      if (otherRoom === room || other === undefined || line === undefined) continue;
      const excused = exceptions.some((e) => e.from === path && e.to === resolved);
      if (other >= line && !excused) {
        breaches.push(
          `${path}: imports ${resolved}, but ${room} (line ${line}) may only import lines below, and ${otherRoom} is on ${other}`,
        );
      }
    }
    edges.set(path, targets);
  }
  for (const e of exceptions) {
    // A row is judged only against sources that hold its file.
    if (imported.has(e.from) && !imported.get(e.from)?.has(e.to)) {
      breaches.push(`tools/layers.ts: the exception ${e.from} → ${e.to} is no longer used`);
    }
  }
  return breaches.concat(findCycles(edges));
}

function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const cycles: string[] = [];
  const visit = (path: string): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" → ")}`);
      return;
    }
    state.set(path, "open");
    trail.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    trail.pop();
    state.set(path, "done");
  };
  for (const path of edges.keys()) visit(path);
  return cycles;
}

export function readSources(root: string): Source[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("kernels/assembly"))
    .map((name) => ({
      path: relative(root, join(root, name)).replaceAll("\\", "/"),
      text: readFileSync(join(root, name), "utf8"),
    }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
  const breaches = findBreaches(readSources(root));
  for (const breach of breaches) console.error(breach);
  console.log(breaches.length === 0 ? "layers: in order" : `layers: ${breaches.length} breaches`);
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
