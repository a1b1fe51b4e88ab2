/** The tutorials run as they stand: their `dprime` lines in order, in one folder, and their programs. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { buildOnce, dprime, newFolder } from "../cli/dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 240_000 });

const root = join(import.meta.dirname, "..", "..");
const tutorials = join(root, "docs", "tutorials");
// Inside the package, so that programs may import it by its name.
const programs = join(root, ".vitest", "tutorials");

/** Blocks of a page in their order: language and text. */
function blocksOf(page: string): { language: string; text: string }[] {
  const text = readFileSync(join(tutorials, page), "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = "", block = ""]) => ({
    language,
    text: block,
  }));
}

beforeAll(() => {
  buildOnce();
  mkdirSync(programs, { recursive: true });
});

it.each(readdirSync(tutorials))("%s runs as it stands", (page) => {
  const folder = newFolder("tutorial");
  const blocks = blocksOf(page);
  expect(blocks.length).toBeGreaterThan(1);
  for (const [number, { language, text }] of blocks.entries()) {
    if (language === "yaml") {
      // The page says under which name; the file's own name is the same.
      writeFileSync(join(folder, `${/^name: (\S+)$/m.exec(text)![1]}.yaml`), text);
    } else if (language === "sh") {
      for (const line of text.trim().split("\n")) {
        expect(line).toMatch(/^dprime /);
        const ran = dprime(line.split(/\s+/).slice(1), { cwd: folder });
        expect(ran.code, `${line}\n${ran.err}`).toBe(0);
      }
    } else if (language === "js") {
      const program = join(programs, `${page}-${number}.mjs`);
      writeFileSync(program, text);
      const ran = spawnSync(process.execPath, [program], { cwd: folder, encoding: "utf8" });
      expect(ran.status, ran.stderr).toBe(0);
      expect(ran.stdout).not.toBe("");
    }
  }
});
