/**
 * Copies into `vendor/` the few files that are needed of packages that would bring a hundred megabytes:
 * ONNX Runtime's plain WebAssembly build, the codecs' module without the DICOM library that its package
 * asks for, and two fonts. The folder is made by `npm ci` and by the build, is not kept in the
 * repository, and travels in the packed package. `--check` fails when it is missing or stale.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Part {
  /** Folder below `vendor`, and the package that the files come from. */
  readonly folder: string;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

export const parts: readonly Part[] = [
  {
    folder: "onnxruntime-web",
    files: [
      // Node loads the first, which fetches its glue and module from the files beside it; a page
      // loads the bundle, which holds the glue.
      "dist/ort.node.min.mjs",
      "dist/ort-wasm-simd-threaded.mjs",
      "dist/ort.wasm.bundle.min.mjs",
      "dist/ort-wasm-simd-threaded.wasm",
    ],
  },
  { folder: "dcmjs-codecs", files: ["build/dcmjs-native-codecs.wasm", "LICENSE.txt"] },
  {
    folder: "dejavu-fonts-ttf",
    files: ["ttf/DejaVuSans.ttf", "ttf/DejaVuSans-Bold.ttf", "LICENSE"],
  },
];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/** Where an installed package lies; its `package.json` may not be exported. */
function folderOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, "package.json"))) return join(folder, name);
  }
  throw new Error(`Cannot copy files of ${name}: found no such package, wanted npm ci before`);
}

/** Pairs of a file of a package and its place below `vendor`. */
export function vendoredFiles(): { from: string; to: string }[] {
  return parts.flatMap(({ folder, files }) => {
    const source = folderOf(folder);
    return files.map((file) => ({
      from: join(source, file),
      to: join(root, "vendor", folder, file.split("/").at(-1)!),
    }));
  });
}

/** The files of `vendor` that are missing or differ from their package's. */
export function staleFiles(): string[] {
  return vendoredFiles()
    .filter(({ from, to }) => !existsSync(to) || !readFileSync(from).equals(readFileSync(to)))
    .map(({ to }) => to);
}

/** Makes `vendor` anew. */
export function vendor(): void {
  rmSync(join(root, "vendor"), { recursive: true, force: true });
  for (const { from, to } of vendoredFiles()) {
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = staleFiles();
  if (stale.length > 0 && process.argv.includes("--check")) {
    console.error(`Stale: ${stale.join(", ")}; run npm run vendor`);
    process.exitCode = 1;
  } else if (stale.length > 0) vendor();
}
