/**
 * Every file of the shared image collection, read in child processes under a limit of 1 GiB of memory
 * and 20 s of processor time a file. Kinds 1–6 must decode, and to the hashes that the manifest has; files of kind 7 must
 * end in an image or in a `FormatError`.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { sharedData } from "./shared-data.ts";
import type { WalkAnswer } from "./data-walk-child.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const data = sharedData;
const manifest = join(data, "manifest.tsv");
const present = existsSync(manifest);
if (!present) console.log(`data-walk: skipped, no image collection at ${data}`);

/** Processor time and resident memory of one file. */
const limits = { milliseconds: 20_000, peakMiB: 1024 };
/** A child that has not answered for so long hangs, however busy the machine is. */
const overdueMilliseconds = 120_000;

interface Row {
  readonly path: string;
  readonly type: string;
  readonly pixels: string;
  readonly malformed: boolean;
}

const rows: readonly Row[] = present
  ? readFileSync(manifest, "utf8")
      .split("\n")
      .slice(1)
      .filter((line) => line !== "")
      .map((line) => {
        const fields = line.split("\t");
        return {
          path: fields[0]!,
          type: fields[3]!,
          pixels: fields[7]!,
          malformed: fields[0]!.startsWith("7_"),
        };
      })
  : [];

/** Files of kinds 1–6 that are no image, or none of a format that is read; each with its reason. */
const noImages: readonly { readonly match: RegExp; readonly reason: string }[] = [
  { match: /rt\.dcm$/, reason: "contours without pixels (RTSTRUCT)" },
  { match: /\.(bval|bvec)$/, reason: "diffusion directions as text" },
  { match: /\.(PAR|REC)$/, reason: "Philips PAR/REC is not a format of this package" },
  { match: /\.raw$/, reason: "raw elements without a header of their own" },
  {
    match: /lcd_ct_(fbp|dl)\/.*signal_(absent|present)\.mhd$/,
    reason: "headers of ten slices of which the collection holds seven or none beside them",
  },
  { match: /air2\.hdr\.gz$/, reason: "a header whose image file is not in the collection" },
];

/** Hashes of the manifest that are not those of little-endian pixels; each with its reason. */
const otherHashes: readonly { readonly match: RegExp; readonly reason: string }[] = [
  {
    match: /rtdose_expb_1frame/,
    reason: "the manifest hashed the 32-bit words in big-endian order",
  },
  { match: /meta_missing_tsyntax/, reason: "the manifest hashed no bytes at all" },
  { match: /MR_truncated/, reason: "the manifest hashed the cut pixel data, which is refused" },
];

/** One child after the other over its share of the files; a child that breaks a limit is ended and replaced. */
async function walkShare(paths: readonly string[]): Promise<WalkAnswer[]> {
  const answers: WalkAnswer[] = [];
  while (answers.length < paths.length) {
    const child = spawn(
      process.execPath,
      ["--expose-gc", "--import", "tsx", join(root, "test", "data-walk-child.ts")],
      { cwd: root, stdio: ["pipe", "pipe", "pipe"] },
    );
    let noise = "";
    child.stderr.on("data", (chunk) => (noise += String(chunk)));
    const wanted = paths.slice(answers.length);
    let pending = "";
    let since = performance.now();
    let before = answers.length;
    child.stdin.on("error", () => undefined);
    child.stdin.end(`${wanted.map((path) => join(data, path)).join("\n")}\n`);
    const overdue = setInterval(() => {
      if (answers.length > before) {
        before = answers.length;
        since = performance.now();
      } else if (performance.now() - since > overdueMilliseconds) child.kill("SIGKILL");
    }, 500);
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk) => {
        pending += String(chunk);
        const lines = pending.split("\n");
        pending = lines.pop()!;
        for (const line of lines) answers.push(JSON.parse(line) as WalkAnswer);
      });
      child.on("close", () => resolve());
    });
    clearInterval(overdue);
    const failed = paths[answers.length];
    if (failed !== undefined) {
      answers.push({
        path: join(data, failed),
        outcome: "crash",
        message: `the process ended: ${noise.slice(-2000)}`,
        milliseconds: performance.now() - since,
        peakMiB: 0,
      });
    }
  }
  return answers;
}

describe.skipIf(!present)("the image collection", () => {
  let answers = new Map<string, WalkAnswer>();
  const of = (row: Row) => answers.get(join(data, row.path))!;

  beforeAll(async () => {
    const shares = [0, 1].map((share) => rows.filter((_, i) => i % 2 === share).map((r) => r.path));
    const all = (await Promise.all(shares.map(walkShare))).flat();
    answers = new Map(all.map((answer) => [answer.path, answer]));
  }, 600_000);

  it("ends every file inside the limits, without a crash", () => {
    expect(answers.size).toBe(rows.length);
    const broken = [...answers.values()].filter(
      ({ outcome, milliseconds, peakMiB }) =>
        outcome === "crash" || milliseconds > limits.milliseconds || peakMiB > limits.peakMiB,
    );
    expect(
      broken.map(
        (b) =>
          `${b.path}: ${b.outcome} ${b.milliseconds.toFixed(0)} ms ${b.peakMiB.toFixed(0)} MiB ${b.message ?? ""}`,
      ),
    ).toEqual([]);
  });

  it("reads every image of kinds 1–6", () => {
    const refused = rows.filter(
      (row) =>
        !row.malformed &&
        of(row).outcome !== "image" &&
        !noImages.some(({ match }) => match.test(row.path)),
    );
    expect(refused.map((row) => `${row.path}: ${of(row).message}`)).toEqual([]);
  });

  it("decodes DICOM to the pixels that the manifest knows", () => {
    const hashed = rows.filter(
      (row) => row.pixels !== "" && !otherHashes.some(({ match }) => match.test(row.path)),
    );
    expect(hashed.length).toBeGreaterThan(130);
    const wrong = hashed.filter((row) => of(row).pixels !== row.pixels);
    expect(wrong.map((row) => `${row.path}: ${of(row).message ?? of(row).pixels}`)).toEqual([]);
  });

  it("refuses malformed files with kind, byte offset and reason", () => {
    const bad = rows
      .filter((row) => row.malformed && of(row).outcome === "refused")
      .map((row) => ({ ...of(row), path: row.path }))
      .filter(({ kind, offset, message }) => {
        if (kind === undefined) return !(message ?? "").startsWith("Cannot ");
        return (
          !(offset! >= 0) || !/^Cannot .*(: found|: wanted|, wanted| of no )/s.test(message ?? "")
        );
      });
    expect(bad.map(({ path, message }) => `${path}: ${message}`)).toEqual([]);
  });
});
