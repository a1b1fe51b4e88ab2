/** What the pages promise is run: the README's program, and every `dprime` line in a shell block. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { catalogue } from "../../src/cli/commands/catalogue.ts";
import { kebab } from "../../src/cli/kebab.ts";
import { sharedOptions } from "../../src/cli/parse.ts";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { writeNewDicom } from "../../src/dicom/create.ts";
import { openFile } from "../../src/files/files.ts";
import { readPages } from "../../tools/check-docs.ts";
import { buildOnce, newFolder } from "../cli/dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

const root = join(import.meta.dirname, "..", "..");
const pages = readPages(root, /\.md$/).filter(({ path }) => !path.startsWith("models/"));

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    (m) => m[1]!,
  );

describe("README", () => {
  beforeAll(buildOnce);

  const programs = blocks(pages.find(({ path }) => path === "README.md")!.text, "js");

  it("has one program, which runs as it stands", async () => {
    expect(programs).toHaveLength(1);
    const folder = newFolder("readme");
    const stream = streamOf(3, "readme");
    const data = Float32Array.from({ length: 64 * 64 }, () => 40 + 12 * stream.normal());
    const { bytes } = await writeNewDicom(makeImage(data, [64, 64], { unit: "HU" }));
    writeFileSync(join(folder, "noisy.dcm"), bytes);
    // Inside the package, so that it may import it by its name.
    const place = join(root, ".vitest");
    mkdirSync(place, { recursive: true });
    const script = join(place, "readme-program.mjs");
    writeFileSync(script, programs[0]!);
    const out = execFileSync(process.execPath, [script], { cwd: folder, encoding: "utf8" });
    expect(out).toMatch(/^64 × 64, noise 1[123]\.\d HU, by non-local-means\n$/);
    const { image } = (await openFile(join(folder, "denoised.nii.gz"))).images[0]!;
    expect(image.shape.filter((n) => n > 1)).toEqual([64, 64]);
  });
});

const lines = pages.flatMap(({ path, text }) =>
  blocks(text, "sh")
    .join("\n")
    .split("\n")
    .filter((line) => /^(npx )?dprime /.test(line))
    .map((line) => [path, line] as const),
);

it.each(lines)("%s: %s", async (_path, line) => {
  const words = line
    .replace(/^npx /, "")
    .replace(/\s+#.*$/, "")
    .split(/\s+/)
    .slice(1);
  const name = words[0] === "help" ? words[1]! : words[0]!;
  expect(Object.keys(catalogue)).toContain(name);
  const command = await catalogue[name]!();
  const known = Object.keys({ ...command.options, ...sharedOptions }).map(kebab);
  const shorts = Object.values(command.options).flatMap((o) => o.short ?? []);
  for (const word of words) {
    const long = /^--([a-z][a-z-]*)/.exec(word)?.[1];
    const short = /^-([A-Za-z])$/.exec(word)?.[1];
    if (long !== undefined) expect(known).toContain(long);
    if (short !== undefined) expect(shorts).toContain(short);
  }
});
