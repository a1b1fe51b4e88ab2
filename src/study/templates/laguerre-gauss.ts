import { z } from "zod";
import { laguerreGauss as channels } from "../../observers/channels/laguerre-gauss.ts";
import { positive } from "../schema-words.ts";
import type { TemplateKind } from "./template-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("laguerre-gauss"),
    channels: z.int().min(1).max(50).default(6),
    widthPx: positive.describe("Gaussian width of the channels in voxels."),
  })
  .describe("Laguerre–Gauss channels at the signal's place: several templates.");

export const laguerreGauss: TemplateKind<z.output<typeof schema>> = {
  name: "laguerre-gauss",
  summary: "Laguerre–Gauss channels at the signal's place: several templates.",
  schema,
  set: true,
  refers: () => [],
  anonymous: (plan) => plan,
  make({ plan, facts, meanSignal }) {
    const { shape } = facts.frame;
    const set = channels(shape, {
      count: plan.channels,
      width: plan.widthPx,
      centre: centreOfMass(meanSignal, shape),
    });
    return {
      rows: Array.from({ length: set.count }, (_, k) =>
        set.rows.slice(k * set.size, (k + 1) * set.size),
      ),
    };
  },
};

/** Place of the signal in voxels, slowest axis first. */
function centreOfMass(signal: Float64Array, shape: readonly number[]): number[] {
  let total = 0;
  const sums = shape.map(() => 0);
  for (let i = 0; i < signal.length; i++) {
    const weight = Math.abs(signal[i]!);
    total += weight;
    let rest = i;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      sums[axis]! += weight * (rest % shape[axis]!);
      rest = Math.floor(rest / shape[axis]!);
    }
  }
  return sums.map((sum) => sum / total);
}
