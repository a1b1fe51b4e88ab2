/** Contrast kept at equal error: the lesion-preserving form at every setting of its dial beside blur and Wiener filter. */
import { bandKeeping, wienerTransfer } from "../../src/denoise/preserving/band.ts";
import { defaultShare } from "../../src/denoise/preserving/preserving.ts";
import { openMethod } from "../../src/workflows/open-method.ts";
import { noisePowerOf } from "../lesion-frontier/noise-power.ts";
import { blurs } from "../lesion-frontier/rows.ts";
import { pixel } from "../../tools/long/low-contrast.ts";
import { type GoalRow, meanOf, metIf } from "./goal-row.ts";
import {
  type Added,
  errorOf,
  type Frontier,
  frontierOf,
  insertsToKeep,
  keptAt,
  pass,
  planeOf,
  responseOf,
  type Scans,
  scansOf,
  side,
} from "./module.ts";

/** How far the lower limit of a difference may lie below 0. */
const margin = 0.03;
const dial = [3, 5, 7, 10];

interface Setting {
  readonly name: string;
  readonly rmse: number;
  /** Per insert, per scan: the share of its response that was kept. */
  readonly kept: readonly (readonly number[])[];
}

/** Every setting of the dial on scans without and with all inserts of a set. */
async function settingsOf(
  method: string,
  { scans, inserts, keeps }: { scans: Scans; inserts: readonly Added[]; keeps: readonly number[] },
): Promise<Setting[]> {
  const { denoiser } = await openMethod(method, { threads: 1 });
  const names = [...keeps.map((mm) => `keep ${mm}`), "plain"];
  const squares = names.map(() => 0);
  const kept = names.map(() => inserts.map((): number[] => []));
  const sum = new Float32Array(side * side);
  for (const { values } of inserts) values.forEach((v, i) => (sum[i] = sum[i]! + v));
  const bands = keeps.map((diameterMm) =>
    bandKeeping({ diameterMm, share: defaultShare, form: "flat-top", dimensions: 2 }),
  );
  for (const noisy of scans.absent) {
    const pairs = [noisy, noisy.map((v, i) => v + sum[i]!)];
    const plain: Float32Array[] = [];
    for (const g of pairs) {
      plain.push((await denoiser.denoise(planeOf(g), {}, { sigma: scans.sigma })).data);
    }
    names.forEach((_, n) => {
      const band = bands[n];
      const outs = pairs.map((g, k) => {
        const f = plain[k]!;
        if (band === undefined) return f;
        const back = pass(
          g.map((v, i) => v - f[i]!),
          band.transfer,
        );
        return f.map((v, i) => v + back[i]!);
      });
      const [absent, present] = outs as [Float32Array, Float32Array];
      squares[n]! += errorOf(absent, scans.truth) ** 2 / scans.absent.length;
      const change = present.map((v, i) => v - absent[i]!);
      inserts.forEach((insert, k) => kept[n]![k]!.push(responseOf(insert, change)));
    });
  }
  return names.map((name, n) => ({ name, rmse: Math.sqrt(squares[n]!), kept: kept[n]! }));
}

/** Least lower limit of kept − a family's at the same error over the inserts, and the insert. */
function worst(
  setting: Setting,
  { frontier, inserts }: { frontier: Frontier; inserts: readonly Added[] },
): { lower: number; insert: string } | undefined {
  const linear = keptAt(frontier, setting.rmse);
  if (linear === undefined) return undefined;
  const lowers = inserts.map((insert, k) => {
    const { mean, half } = meanOf(setting.kept[k]!.map((v) => v - linear[k]!));
    return { lower: mean - half, insert: insert.name };
  });
  return lowers.sort((a, b) => a.lower - b.lower)[0]!;
}

export async function keptRows(
  method: string,
  { doses, scans: most, fewer }: { doses: readonly number[]; scans: number; fewer: number },
): Promise<GoalRow[]> {
  const { own, unseen } = insertsToKeep();
  const rows: GoalRow[] = [];
  for (const dose of doses) {
    const scans = scansOf(dose, dose === 1 ? most : fewer, "goals");
    const noises = scans.absent
      .slice(0, 12)
      .map((g) => Float64Array.from(g, (v, i) => v - scans.truth[i]!));
    const power = noisePowerOf(noises, { side, pixelMm: pixel });
    for (const [set, inserts] of [
      ["the module's", own],
      ["unseen", unseen],
    ] as const) {
      const families = [
        frontierOf("blur", {
          transfers: blurs([0.4, 0.6, 0.8, 1, 1.3, 1.6, 2, 2.5, 3, 4, 6, 9, 14], pixel).map(
            ({ transfer }) => transfer,
          ),
          scans,
          inserts,
        }),
        frontierOf("Wiener", {
          transfers: [2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 10, 13, 18, 26, 40].map((diameterMm) =>
            wienerTransfer(power, { diameterMm, share: defaultShare, dimensions: 2 }),
          ),
          scans,
          inserts,
        }),
      ];
      console.error(`scans at ${100 * dose} % dose, ${set} inserts`);
      for (const setting of await settingsOf(method, { scans, inserts, keeps: dial })) {
        const means = setting.kept.map((one) => meanOf(one).mean.toFixed(2)).join(" / ");
        const lows = families.map((frontier) => worst(setting, { frontier, inserts }));
        const linear = families.map((frontier) =>
          keptAt(frontier, setting.rmse)
            ?.map((v) => v.toFixed(2))
            .join(" / "),
        );
        const text = lows
          .map(
            (low, n) =>
              `${families[n]!.name} ${linear[n] ?? "none that low"}${low === undefined ? "" : `, worst lower limit ${low.lower.toFixed(3)} (${low.insert})`}`,
          )
          .join("; ");
        rows.push({
          goal: `${100 * dose} % dose, ${set} inserts, ${setting.name}`,
          measured: `${setting.rmse.toFixed(2)} HU of ${scans.sigma.toFixed(1)}: ${means}; at that error ${text}`,
          wanted: `lower limit above −${margin}`,
          met: metIf(lows.every((low) => low !== undefined && low.lower > -margin)),
        });
      }
    }
  }
  return rows;
}
