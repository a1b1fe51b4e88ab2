/**
 * d' of a channelised Hotelling observer (five Laguerre–Gauss channels, without bias) on the default setting, as a share
 * of d' on the unprocessed images of the same scans, without internal noise and with noise of each channel's variance
 * on the unprocessed images. Intervals by a bootstrap over scans.
 */
import { streamOf } from "../../src/core/random.ts";
import type { Image } from "../../src/core/image.ts";
import { keepDefaults } from "../../src/workflows/choice/keep-defaults.ts";
import { casesOf } from "../../src/observers/index.ts";
import { channelOutputs } from "../../src/observers/channels/channel-set.ts";
import { laguerreGauss } from "../../src/observers/channels/laguerre-gauss.ts";
import { insertsOf } from "../../src/phantoms/water-inserts.ts";
import { sampleCovariance } from "../../src/stats/placements.ts";
import { openMethod } from "../../src/workflows/open-method.ts";
import { caseOf, half, parameters, pixel, region } from "../../tools/long/low-contrast.ts";
import { internalD } from "../lesion-frontier/internal-noise.ts";
import { type GoalRow, metIf } from "./goal-row.ts";
import { errorOf, insertsToKeep, planeOf, scansOf, side } from "./module.ts";

interface Outputs {
  readonly present: Float64Array;
  readonly absent: Float64Array;
  readonly channels: number;
}

/** Cases of one class, drawn again with replacement by index. */
const chosen = (values: Float64Array, channels: number, picks: readonly number[]) => {
  const out = new Float64Array(picks.length * channels);
  picks.forEach((pick, n) =>
    out.set(values.subarray(pick * channels, (pick + 1) * channels), n * channels),
  );
  return out;
};

const variancesOf = ({ absent, channels }: Outputs) =>
  Array.from({ length: channels }, (_, c) => {
    const column = absent.filter((_, i) => i % channels === c);
    return sampleCovariance(column, column);
  });

/** @param perClass scans with inserts, and as many others without */
export async function defaultMethodRows(
  method: string,
  { perClass }: { perClass: number },
): Promise<GoalRow[]> {
  const keep = keepDefaults.ct.mm;
  const { denoiser } = await openMethod(`preserving+${method}`, { threads: 1 });
  const inserts = insertsOf(parameters);
  const sum = new Float32Array(side * side);
  for (const { values } of insertsToKeep().own) values.forEach((v, i) => (sum[i] = sum[i]! + v));
  const scans = scansOf(1, 2 * perClass, "goals d'");
  const regions = inserts.map(() => ({
    before: { present: [] as Image[], absent: [] as Image[] },
    after: { present: [] as Image[], absent: [] as Image[] },
  }));
  let square = 0;
  for (const [k, noisy] of scans.absent.entries()) {
    const which = k % 2 === 0 ? "present" : "absent";
    const g = which === "present" ? noisy.map((v, i) => v + sum[i]!) : noisy;
    const truth = which === "present" ? scans.truth.map((v, i) => v + sum[i]!) : scans.truth;
    const { data } = await denoiser.denoise(planeOf(g), { keep }, { sigma: scans.sigma });
    square += errorOf(data, truth) ** 2 / scans.absent.length;
    inserts.forEach((insert, n) => {
      regions[n]!.before[which].push(caseOf(region(g, insert, side)));
      regions[n]!.after[which].push(caseOf(region(data, insert, side)));
    });
  }
  const rmse = Math.sqrt(square);
  const rows: GoalRow[] = [
    {
      goal: `default setting (${keep} mm) at full dose, RMSE`,
      measured: `${rmse.toFixed(2)} HU of ${scans.sigma.toFixed(2)}`,
      wanted: "≤ 6 HU",
      met: metIf(rmse <= 6),
    },
  ];
  const stream = streamOf(20_261_204, "bootstrap");
  for (const noisyObserver of [false, true]) {
    const ratios: number[] = [];
    const texts = inserts.map((insert, n) => {
      const channels = laguerreGauss([2 * half + 1, 2 * half + 1], {
        count: 5,
        width: (2 / 3) * (insert.diameterMm / pixel),
        centre: [half, half],
      });
      const outputs = (["before", "after"] as const).map((when): Outputs => {
        const { present, absent } = regions[n]![when];
        return {
          present: channelOutputs(channels, casesOf(present)),
          absent: channelOutputs(channels, casesOf(absent)),
          channels: channels.count,
        };
      }) as [Outputs, Outputs];
      const internal = noisyObserver ? variancesOf(outputs[0]) : new Array(channels.count).fill(0);
      const ratioOf = (picks?: { present: number[]; absent: number[] }) => {
        const [before, after] = outputs.map((one) =>
          internalD(
            picks === undefined
              ? one
              : {
                  present: chosen(one.present, one.channels, picks.present),
                  absent: chosen(one.absent, one.channels, picks.absent),
                  channels: one.channels,
                },
            internal,
          ),
        ) as [number, number];
        return { before, after, ratio: after / before };
      };
      const draws = Array.from({ length: 400 }, () => {
        const draw = () => Array.from({ length: perClass }, () => stream.integer(perClass));
        return ratioOf({ present: draw(), absent: draw() }).ratio;
      })
        .filter(Number.isFinite)
        .sort((a, b) => a - b);
      const { before, after, ratio } = ratioOf();
      ratios.push(ratio);
      const [low, high] = [
        draws[Math.floor(0.025 * draws.length)]!,
        draws[Math.floor(0.975 * draws.length)]!,
      ];
      return `${insert.diameterMm} mm ${before.toFixed(2)} → ${after.toFixed(2)}, ${ratio.toFixed(2)} (${low.toFixed(2)} … ${high.toFixed(2)})`;
    });
    const least = (mm: number) => (noisyObserver ? (mm === 3 ? 0.8 : 0.9) : 0.97);
    rows.push({
      goal: `default setting at full dose, d' ${noisyObserver ? "with" : "without"} internal noise`,
      measured: texts.join("; "),
      wanted: noisyObserver
        ? "≥ 0.8 of the noisy images' at 3 mm, ≥ 0.9 beyond"
        : "≥ 0.97 of the noisy images'",
      met: metIf(inserts.every(({ diameterMm }, n) => ratios[n]! >= least(diameterMm))),
    });
  }
  return rows;
}
