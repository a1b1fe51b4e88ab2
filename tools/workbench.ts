/** Builds the page of the workbench as static files that need no network. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What the first view may load, compressed. */
const firstViewLimit = 120_000;

/**
 * @param folder where the page goes
 * @returns compressed bytes of what the first view loads
 * @throws Error when that is too much, or the page imports a module of Node
 */
export async function buildWorkbench(folder: string): Promise<number> {
  await build({
    root: join(root, "workbench"),
    configFile: false,
    base: "./",
    logLevel: "warn",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: { outDir: folder, emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
    worker: { format: "es" },
    plugins: [
      {
        name: "no modules of Node",
        enforce: "pre",
        resolveId(id, importer) {
          if (!id.startsWith("node:")) return;
          throw new Error(`Cannot build the page: found ${id} imported by ${importer}`);
        },
      },
    ],
  });
  const bytes = firstView(folder);
  if (bytes > firstViewLimit) {
    throw new Error(
      `Cannot build the page: found ${bytes} compressed bytes in its first view, wanted ${firstViewLimit} at most`,
    );
  }
  return bytes;
}

/** The page itself, and the scripts and styles that it names or that those import. */
function firstView(folder: string): number {
  const taken = new Set<string>();
  let bytes = 0;
  const take = (path: string): void => {
    if (taken.has(path)) return;
    taken.add(path);
    const text = readFileSync(join(folder, path));
    bytes += gzipSync(text).length;
    for (const [, name] of text.toString().matchAll(/(?:src|href|from|import)[= ]?"([^"]+)"/g)) {
      if (/^\.{1,2}\/.*\.(js|css)$/.test(name!)) take(join(dirname(path), name!));
    }
  };
  take("index.html");
  return bytes;
}
