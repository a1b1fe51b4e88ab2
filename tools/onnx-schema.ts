/**
 * Regenerates src/onnx/generated/onnx_pb.ts from ONNX's own schema:
 *
 *   tsx tools/onnx-schema.ts /usr/lib/python3/dist-packages/onnx/onnx.proto
 *
 * Needs `protoc` (Debian protobuf-compiler) and a copy of onnx.proto (Debian python3-onnx has one).
 * Enumerations become frozen objects: this code base only uses syntax that can be erased.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** `export enum X { A = 0, … }` as a constant object and a union type of the same name. */
export function withoutEnums(text: string): string {
  return text.replace(
    /export enum (\w+) \{([\s\S]*?)\n\}/g,
    (_, name: string, body: string) =>
      `export const ${name} = {${body.replace(/(\w+) = (-?\d+),/g, "$1: $2,")}\n} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`,
  );
}

const [schema] = process.argv.slice(2);
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (schema === undefined) throw new Error("Cannot generate: found no path, wanted onnx.proto");
  const out = join(root, "src/onnx/generated");
  execFileSync("protoc", [
    `--plugin=protoc-gen-es=${join(root, "node_modules/.bin/protoc-gen-es")}`,
    `--es_out=${out}`,
    "--es_opt=target=ts,import_extension=js",
    "-I",
    dirname(schema),
    basename(schema),
  ]);
  const path = join(out, "onnx_pb.ts");
  writeFileSync(path, withoutEnums(readFileSync(path, "utf8")));
}
