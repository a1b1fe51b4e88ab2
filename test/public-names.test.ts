/** What rooms export to users: one name, one thing. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** Where each name that some room exports is declared, by name. */
function declarations(): Map<string, Set<string>> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const entries = Object.keys(exports)
    .filter((key) => !key.endsWith(".json"))
    .map((key) => join(root, "src", key, "index.ts"));
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const found = new Map<string, Set<string>>();
  for (const entry of entries) {
    const room = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const symbol of checker.getExportsOfModule(room)) {
      const alias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      const own = alias ? checker.getAliasedSymbol(symbol) : symbol;
      const places = found.get(symbol.name) ?? new Set();
      found.set(symbol.name, places);
      const [declared] = own.declarations ?? [];
      places.add(relative(root, declared!.getSourceFile().fileName));
    }
  }
  return found;
}

it("no name means two things in two rooms", { timeout: 240_000 }, () => {
  const found = declarations();
  expect(found.size).toBeGreaterThan(500);
  const twice = [...found].filter(([, places]) => places.size > 1);
  expect(twice.map(([name, places]) => `${name}: ${[...places].join(", ")}`)).toEqual([]);
});
