/**
 * Denoisers on noise as scanners make it: LCD_CT's reconstructions beside their truth, repeated MR scans beside each
 * other, simulated abdomen scans, ultrasound and radiographs beside their reference, and seconds for a slice of 512 × 512.
 *
 *   npm run bench -- real-noise [-- --method NAME[:PARAMETER=VALUE,…]]… [--images 2] [--only TEXT] [--smoke]
 *
 * `--only` takes the groups whose names contain the text. Every method estimates the noise itself, as a user's would.
 */
import { parseArgs } from "node:util";
import type { Denoiser } from "../src/denoise/denoiser.ts";
import { openMethod } from "../src/workflows/open-method.ts";
import { denoise } from "../src/workflows/denoise.ts";
import { haveSharedData, sharedData } from "../test/shared-data.ts";
import { abdomenGroups } from "./real-noise/abdomen.ts";
import { lcdCtGroups } from "./real-noise/lcd-ct.ts";
import { mrRepeatGroups } from "./real-noise/mr-repeats.ts";
import { simulatedGroups } from "./real-noise/simulated.ts";
import type { NoisyGroup } from "./real-noise/noisy-group.ts";

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    method: { type: "string", multiple: true },
    images: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    smoke: { type: "boolean", default: false },
  },
});
const { smoke } = values;
const methods =
  values.method ??
  (smoke
    ? ["gaussian"]
    : ["ct", "preserving+ct", "drunet-light", "non-local-means", "bm3d", "total-variation"]);
const images = smoke ? 1 : Number(values.images);

interface Entry {
  readonly name: string;
  readonly denoiser: Denoiser | undefined;
  readonly parameters: Readonly<Record<string, number | string>>;
}

const entries: Entry[] = [{ name: "none", denoiser: undefined, parameters: {} }];
for (const text of methods) {
  const [name = "", rest = ""] = text.split(":");
  const parameters = Object.fromEntries(
    rest
      .split(",")
      .filter((one) => one !== "")
      .map((one) => {
        const [key = "", value = ""] = one.split("=");
        return [key, Number.isNaN(Number(value)) ? value : Number(value)];
      }),
  );
  entries.push({ name: text, denoiser: (await openMethod(name)).denoiser, parameters });
}

/** Kinds of groups with how their names begin: what `--only` leaves out is not drawn. */
const kinds: readonly (readonly [string, () => Promise<NoisyGroup[]>])[] = [
  ["abdomen", () => abdomenGroups(smoke ? 1 : images)],
  ["ultrasound", () => simulatedGroups(smoke ? 1 : images, "ultrasound")],
  ["X-ray", () => simulatedGroups(smoke ? 1 : images, "X-ray")],
  ["LCD_CT", async () => (haveSharedData ? lcdCtGroups(sharedData, smoke ? 1 : 7) : [])],
  ["MR", async () => (haveSharedData ? mrRepeatGroups(sharedData, smoke ? 1 : 7) : [])],
];
const groups: NoisyGroup[] = [];
const named = kinds.filter(
  ([begin]) => begin.includes(values.only) || values.only.startsWith(begin),
);
// A text from the middle of a name says nothing of the kind.
for (const [, draw] of named.length > 0 ? named : kinds) groups.push(...(await draw()));
if (!haveSharedData) {
  console.log("Skipped: no folder of real images here, simulated scans only.\n");
}

const row = (cells: readonly string[]) => console.log(`| ${cells.join(" | ")} |`);
row(["images", "figure", ...entries.map(({ name }) => name)]);
row(["---", "---", ...entries.map(() => "--:")]);
const seconds = new Map<string, number[]>();
for (const group of groups.filter(({ name }) => name.includes(values.only))) {
  const cells: string[] = [];
  for (const { name, denoiser, parameters } of entries) {
    const scores: (readonly number[])[] = [];
    for (const [index, image] of group.images.entries()) {
      if (denoiser === undefined) {
        scores.push(group.score(image, index));
        continue;
      }
      const started = performance.now();
      const { image: denoised } = await denoise(image, { method: denoiser, parameters });
      if (image.data.length === 512 * 512) {
        seconds.set(name, [...(seconds.get(name) ?? []), (performance.now() - started) / 1000]);
      }
      scores.push(group.score(denoised, index));
    }
    const means = scores[0]!.map((_, k) => scores.reduce((a, s) => a + s[k]!, 0) / scores.length);
    cells.push(means.map((v) => v.toFixed(group.digits)).join(" / "));
  }
  row([group.name, group.figure, ...cells]);
}
row([
  "512 × 512",
  "s a slice, median, noise estimates included",
  ...entries.map(({ name }) => {
    const sorted = (seconds.get(name) ?? []).sort((a, b) => a - b);
    return sorted.length === 0 ? "–" : sorted[Math.floor(sorted.length / 2)]!.toFixed(2);
  }),
]);
