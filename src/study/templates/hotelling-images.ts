import { z } from "zod";
import { RunError, throwIfAborted } from "../../core/errors.ts";
import { hotellingOfMoments, streamingMoments } from "../../observers/moments.ts";
import { runtimeSums } from "../../observers/runtime-sums.ts";
import { voxelsOf } from "../facts.ts";
import { count } from "../schema-words.ts";
import type { TemplateKind } from "./template-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("hotelling-images"),
    images: count.describe("Noisy images of each class, drawn for this alone and never kept."),
  })
  .describe("Hotelling template from the sample covariance of noisy images.");

/** Images drawn before they are summed. */
const batch = 512;

export const hotellingImages: TemplateKind<z.output<typeof schema>> = {
  name: "hotelling-images",
  summary: "Hotelling template from the sample covariance of noisy images.",
  schema,
  set: false,
  refers: () => [],
  anonymous: (plan) => plan,
  // The covariance and its factor, in float64.
  cost: ({ images }, voxels) => ({ weight: 2 * images * 0.003, memory: 2 * 8 * voxels ** 2 }),
  async make({ plan: { images }, scene, facts, signal, onProgress }) {
    const size = voxelsOf(facts.frame);
    const sums = await runtimeSums(size, { batch, threads: 1 });
    try {
      const moments = streamingMoments(size, { sums });
      for (const [k, which] of scene.classes.slice(0, 2).entries()) {
        for (let start = 0; start < images; start += batch) {
          const many = Math.min(batch, images - start);
          const rows = new Float32Array(many * size);
          for (let i = 0; i < many; i++) {
            throwIfAborted(signal, "estimating a Hotelling template");
            const drawn = await scene.draw({ role: "template", which, index: start + i });
            rows.set(drawn.noisy.data, i * size);
          }
          await moments.add(rows, k === 1);
          onProgress((k * images + start + many) / (2 * images + 1));
        }
      }
      const solved = hotellingOfMoments(await moments.result());
      if (solved.status !== "ok") {
        throw new RunError(
          `Cannot compute a Hotelling template: ${solved.cause}; ${solved.remedy}`,
        );
      }
      return { rows: [solved.template], residual: solved.residual, images: 2 * images };
    } finally {
      await sums.dispose();
    }
  },
};
