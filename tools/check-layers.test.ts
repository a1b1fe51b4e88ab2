import { describe, expect, it } from "vitest";
import { findBreaches, importsOf } from "./check-layers.ts";

const file = (path: string, text: string) => ({ path, text });

describe("check-layers", () => {
  it("accepts imports of lower lines and of the own room", () => {
    expect(
      findBreaches([
        file("core/a.ts", "export const a = 1;"),
        file("math/b.ts", 'import { a } from "../core/a.ts";\nexport const b = a;'),
        file("math/c.ts", 'import { b } from "./b.ts";'),
      ]),
    ).toEqual([]);
  });

  it("names upward and sideways imports", () => {
    const found = findBreaches([
      file("core/a.ts", 'import { b } from "../math/b.ts";'),
      file("math/b.ts", "export const b = 1;"),
      file("graph/g.ts", 'import { s } from "../stats/s.ts";'),
      file("stats/s.ts", "export const s = 1;"),
    ]);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/core\/a\.ts: imports math\/b\.ts/);
    expect(found[1]).toMatch(/graph\/g\.ts: imports stats\/s\.ts/);
  });

  it("counts a circle of types alone", () => {
    const found = findBreaches([
      file("math/a.ts", 'import type { B } from "./b.ts";'),
      file("math/b.ts", 'import type { A } from "./a.ts";'),
    ]);
    expect(found).toEqual(["import cycle: math/a.ts → math/b.ts → math/a.ts"]);
  });

  it("finds cycles, node imports and unknown rooms", () => {
    const found = findBreaches([
      file("math/a.ts", 'import { b } from "./b.ts";\nimport fs from "node:fs";'),
      file("math/b.ts", 'export { a } from "./a.ts";'),
      file("attic/x.ts", ""),
    ]);
    expect(found.some((f) => f.includes("import cycle: math/a.ts → math/b.ts → math/a.ts"))).toBe(
      true,
    );
    expect(found.some((f) => f.includes("node:fs"))).toBe(true);
    expect(found.some((f) => f.includes('room "attic"'))).toBe(true);
  });

  it("reads multi-line, side-effect, re-export and dynamic imports, not comments", () => {
    expect(
      importsOf(
        'import {\n a,\n b,\n} from "./x.ts";\nimport "./y.ts";\nexport * from "./z.ts";\nconst w = await import("./w.ts");\n// import "./no.ts"\nimport type { T } from "./t.ts";',
      ).map((i) => [i.target, i.typeOnly]),
    ).toEqual([
      ["./x.ts", false],
      ["./y.ts", false],
      ["./z.ts", false],
      ["./t.ts", true],
      ["./w.ts", false],
    ]);
  });
});
