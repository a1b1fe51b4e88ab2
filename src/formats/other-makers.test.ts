/** Files as other makers' libraries write them, element by element against what those libraries hold. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonWith } from "../../test/oracle/python.ts";
import { openFile } from "../files/files.ts";

const python = pythonWith("nibabel, numpy, tifffile, PIL");
/** libjpeg's and this package's inverse transforms round apart by one grey value, colours by a few. */
const tolerance = (name: string) => (name.endsWith("rgb.jpg") ? 4 : name.endsWith(".jpg") ? 1 : 0);

/** Elements in the order of the file, colours last, pages one after the other. */
async function elementsOf(path: string): Promise<number[]> {
  const { images } = await openFile(path);
  return images.flatMap(({ stored }) => Array.from(stored.data as ArrayLike<number>, Number));
}

describe.skipIf(python === undefined)("files of other makers", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "dprime-makers-"));
    const script = fileURLToPath(new URL("../../test/oracle/write_pictures.py", import.meta.url));
    execFileSync(python!, [script, folder], { stdio: "inherit" });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are read as their makers hold them", { timeout: 60_000 }, async () => {
    const expected = readdirSync(folder).filter((name) => name.endsWith(".expected.npy"));
    const wrong: string[] = [];
    for (const file of expected) {
      const name = file.replace(/\.expected\.npy$/, "");
      const wanted = await elementsOf(join(folder, file));
      const found = await elementsOf(join(folder, name)).catch((error: Error) => error.message);
      if (typeof found === "string") wrong.push(`${name}: ${found}`);
      else if (found.length !== wanted.length)
        wrong.push(`${name}: ${found.length} elements, wanted ${wanted.length}`);
      else {
        const off = Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)));
        if (!(off <= tolerance(name))) wrong.push(`${name}: off by ${off}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(expected.length).toBeGreaterThan(20);
  });
});
