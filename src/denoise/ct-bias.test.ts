/** Means of tissues of a simulated CT slice at a tenth of the dose, whose noise is strong and correlated. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Image } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { abdomen } from "../phantoms/abdomen.ts";
import { ctFan } from "../physics/ct-fan.ts";
import { findDenoiser } from "./find-denoiser.ts";
import { estimateNoise } from "./noise-level/estimate-noise.ts";

let slice: { noisy: Image; reference: Image; soft: Uint8Array; bone: Uint8Array };

beforeAll(async () => {
  const { image: object, labels } = abdomen.draw(streamOf(1, "ct-bias"), { size: 256 });
  const { image: noisy, reference } = await ctFan.acquire(
    object,
    streamOf(2, "ct-bias"),
    { dose: 0.1, views: 580 },
    { threads: 1, reference: true },
  );
  const named = (...names: string[]) =>
    Uint8Array.from(labels!.data, (label) =>
      names.includes(abdomen.labels![label] ?? "") ? 1 : 0,
    );
  slice = {
    noisy,
    reference: reference!,
    soft: named("muscle", "liver", "spleen", "kidney", "pancreas", "aorta", "vein"),
    bone: named("bone"),
  };
});
afterAll(endIdleWorkers);

/** Mean and root mean square of the error over a tissue, in HU. */
function errors({ data }: Image, inside: Uint8Array): { shift: number; rmse: number } {
  let [sum, squares, count] = [0, 0, 0];
  inside.forEach((one, i) => {
    if (one === 0) return;
    const error = data[i]! - slice.reference.data[i]!;
    sum += error;
    squares += error * error;
    count++;
  });
  return { shift: sum / count, rmse: Math.sqrt(squares / count) };
}

describe.each(["total-variation", "pls-tv", "total-generalised-variation"])("%s", (name) => {
  it("does not move the means of tissues by the strength that it chooses", async () => {
    const { noisy, soft, bone } = slice;
    const { sigma } = estimateNoise(noisy);
    const denoiser = await findDenoiser(name);
    const chosen = await denoiser.denoise(noisy, {}, { sigma });
    expect(Math.abs(errors(chosen, soft).shift)).toBeLessThan(0.1 * sigma);
    // Bones of 4 to 20 px hold few pixels that are not beside an edge: 4λ/w of them.
    expect(Math.abs(errors(chosen, bone).shift)).toBeLessThan(0.35 * sigma);
    // The discrepancy principle alone took three times the λ, shifted soft tissue by -6 and bone by -21 HU.
    const { rmse } = errors(chosen, soft);
    expect(rmse).toBeLessThan(0.55 * errors(noisy, soft).rmse);
    for (const strength of [0.4, 2.5]) {
      const other = await denoiser.denoise(noisy, { strength }, { sigma });
      expect(rmse).toBeLessThan(errors(other, soft).rmse);
    }
  });
});
