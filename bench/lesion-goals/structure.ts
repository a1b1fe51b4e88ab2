/**
 * Structure: abdomen and chest phantoms at 15 % dose that no training has seen. Error over the whole slice beside the
 * blur that keeps as much of a 5 mm lesion, error in vessels, bone and lung, and bias of each tissue.
 */
import { streamOf } from "../../src/core/random.ts";
import { type ParameterValues, resolveParameters } from "../../src/core/parameters.ts";
import type { Image } from "../../src/core/image.ts";
import { bandKeeping, shareKept } from "../../src/denoise/preserving/band.ts";
import { lowPass } from "../../src/denoise/preserving/low-pass.ts";
import { defaultShare } from "../../src/denoise/preserving/preserving.ts";
import { noiseOfPlanes } from "../../src/denoise/noise-level/noise-of-image.ts";
import { abdomen } from "../../src/phantoms/abdomen.ts";
import type { Phantom } from "../../src/phantoms/phantom.ts";
import { thorax } from "../../src/phantoms/thorax.ts";
import { ctFan } from "../../src/physics/ct-fan.ts";
import { openMethod } from "../../src/workflows/open-method.ts";
import { edgesOf } from "../real-noise/abdomen.ts";
import { type GoalRow, metIf } from "./goal-row.ts";

/** Tissues by their value in HU in the image without noise. */
const tissues = [
  ["lung", -1000, -600],
  ["fat", -150, -60],
  ["soft tissue", 0, 90],
  ["vessels", 110, 240],
  ["bone", 240, 1500],
] as const;

/** Blur in mm whose share of a 5 mm disk is that of the default band: what the band keeps where f is flat. */
function blurOfSameShare(): number {
  const at = { diameterMm: 5, dimensions: 2 } as const;
  const band = bandKeeping({ diameterMm: 5, share: defaultShare, form: "flat-top", dimensions: 2 });
  const wanted = shareKept(band.transfer, at);
  let [low, high] = [0.05, 5];
  for (let k = 0; k < 40; k++) {
    const middle = 0.5 * (low + high);
    const share = shareKept((f) => Math.exp(-2 * (Math.PI * f * middle) ** 2), at);
    if (share > wanted) low = middle;
    else high = middle;
  }
  return low;
}

interface Scan {
  readonly noisy: Image;
  readonly truth: Image;
  readonly edge: Uint8Array;
  readonly sigma: number;
}

async function scansOf(
  phantom: Phantom,
  { people, size, kernel }: { people: number; size: number; kernel: string },
): Promise<Scan[]> {
  const scans: Scan[] = [];
  for (let k = 0; k < people; k++) {
    const person = streamOf(20_261_204, "goals", phantom.name, k);
    const options: ParameterValues = { size };
    const { image } = phantom.draw(
      person,
      resolveParameters(phantom.name, phantom.parameters, options),
    );
    const { image: noisy, reference } = await ctFan.acquire(
      image,
      person.child("noise"),
      resolveParameters(ctFan.name, ctFan.parameters, { dose: 0.15, kernel }),
      { reference: true },
    );
    const truth = reference!;
    scans.push({
      noisy,
      truth,
      edge: edgesOf(truth.data, truth.shape.at(-1)!),
      sigma: noiseOfPlanes([noisy]).sigma,
    });
  }
  return scans;
}

type Run = (scan: Scan) => Promise<ArrayLike<number>>;

/** Mean square error and mean error over pixels of all scans. */
function errorsOver(
  scans: readonly Scan[],
  results: readonly ArrayLike<number>[],
  counts: (value: number, edge: boolean) => boolean,
): { rmse: number; bias: number } | undefined {
  let [square, sum, count] = [0, 0, 0];
  scans.forEach(({ truth, edge }, k) => {
    truth.data.forEach((t, i) => {
      if (!counts(t, edge[i] === 1)) return;
      const error = results[k]![i]! - t;
      square += error * error;
      sum += error;
      count++;
    });
  });
  return count < 200 ? undefined : { rmse: Math.sqrt(square / count), bias: sum / count };
}

export async function structureRows(
  method: string,
  { people, size }: { people: number; size: number },
): Promise<GoalRow[]> {
  const ours = await openMethod(`preserving+${method}`, { threads: 1 });
  const plain = await openMethod(method, { threads: 1 });
  const width = blurOfSameShare();
  const runs: Readonly<Record<string, Run>> = {
    none: async ({ noisy }) => noisy.data,
    blur: async ({ noisy }) =>
      lowPass(noisy.data, {
        shape: noisy.shape.slice(-2),
        spacing: [noisy.spacing[1], noisy.spacing[2]],
        transfer: (f) => Math.exp(-2 * (Math.PI * f * width) ** 2),
      }),
    plain: async ({ noisy, sigma }) => (await plain.denoiser.denoise(noisy, {}, { sigma })).data,
    ours: async ({ noisy, sigma }) => (await ours.denoiser.denoise(noisy, {}, { sigma })).data,
  };
  const rows: GoalRow[] = [];
  for (const [phantom, kernel] of [
    [abdomen, "hann"],
    [abdomen, "ram-lak"],
    [thorax, "hann"],
  ] as const) {
    const scans = await scansOf(phantom, { people, size, kernel });
    const results: Record<string, ArrayLike<number>[]> = {};
    for (const [name, run] of Object.entries(runs)) {
      results[name] = [];
      for (const scan of scans) results[name].push(await run(scan));
    }
    const figure = (name: string, counts: Parameters<typeof errorsOver>[2]) =>
      errorsOver(scans, results[name]!, counts);
    const body = (v: number) => v > -200;
    const rmse = (name: string) => figure(name, body)!.rmse;
    const less = 1 - rmse("ours") / rmse("blur");
    const what = `${phantom.name} at 15 % dose, ${kernel}, ${people} never seen`;
    rows.push({
      goal: `${what}: RMSE in the body`,
      measured: `${rmse("ours").toFixed(1)} HU; blur that keeps as much of 5 mm (${width.toFixed(2)} mm) ${rmse("blur").toFixed(1)}, plain ${rmse("plain").toFixed(1)}, none ${rmse("none").toFixed(1)}: ${Math.round(100 * less)} % below the blur`,
      wanted: "at least 30 % below the blur's",
      met: metIf(less >= 0.3),
    });
    const parts = tissues.flatMap(([name, low, high]) => {
      const all = (v: number) => v >= low && v < high;
      const found = Object.keys(runs).map((run) => figure(run, all));
      const flat = figure("ours", (v, edge) => all(v) && !edge);
      const flatPlain = figure("plain", (v, edge) => all(v) && !edge);
      if (found.some((one) => one === undefined)) return [];
      return [
        { name, rmse: found.map((one) => one!.rmse), bias: flat?.bias, plain: flatPlain?.bias },
      ];
    });
    rows.push({
      goal: `${what}: RMSE by tissue, edges and all (none / blur / plain / ours)`,
      measured: parts
        .map((p) => `${p.name} ${p.rmse.map((v) => v.toFixed(1)).join(" / ")}`)
        .join("; "),
      wanted: "below the blur's",
      met: metIf(parts.every(({ rmse: [, blurred, , own] }) => own! < blurred!)),
    });
    const biases = parts.filter(({ bias }) => bias !== undefined);
    rows.push({
      goal: `${what}: bias by tissue, edges left out`,
      measured: biases
        .map((p) => `${p.name} ${p.bias!.toFixed(2)} HU (plain ${p.plain!.toFixed(2)})`)
        .join("; "),
      wanted: "< 1 HU",
      met: metIf(biases.every(({ bias }) => Math.abs(bias!) < 1)),
    });
  }
  return rows;
}
