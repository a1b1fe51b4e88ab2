/** A chunk of cases: noisy images, what they are without noise, and what is known of them. */
import { z } from "zod";
import { throwIfAborted } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { bytesOf } from "../bytes.ts";
import { rangeSchema } from "../case-ranges.ts";
import { type DrawnValues, drawnSchema } from "../drawn-cases.ts";
import { frameOf, requireFrame, voxelsOf } from "../facts.ts";
import type { PieceKind } from "../piece.ts";
import { openScene, taskInputs } from "../task-inputs.ts";

const inputs = z.object({ ...taskInputs, cases: rangeSchema });

export const drawCases: PieceKind<z.output<typeof inputs>, DrawnValues> = {
  name: "draw-cases",
  version: 1,
  summary: "Draws a chunk of cases and images them.",
  inputs,
  values: drawnSchema,
  async run({ task, seed, cases }, { signal, onProgress }) {
    const scene = await openScene({ task, seed });
    const { role, which, first, count } = cases;
    const noisy: Image[] = [];
    const clean: Image[] = [];
    const labels: Image[] = [];
    const sigma: number[] = [];
    const places: number[][] = [];
    for (let i = 0; i < count; i++) {
      throwIfAborted(signal, "drawing cases");
      const drawn = await scene.draw({ role, which, index: first + i }, { signal });
      noisy.push(drawn.noisy);
      clean.push(drawn.reference);
      sigma.push(drawn.sigma);
      if (drawn.place !== undefined) places.push([...drawn.place]);
      // Labels on another grid than the image's say nothing of its voxels.
      if (drawn.labels?.shape.join() === drawn.noisy.shape.join()) labels.push(drawn.labels);
      onProgress((i + 1) / count);
    }
    const frame = frameOf(noisy[0]!);
    for (const image of noisy) requireFrame(frameOf(image), frame);
    return {
      values: { frame, sigma, ...(places.length === count ? { places } : {}) },
      blobs: {
        noisy: joined(noisy, frame),
        clean: joined(clean, frame),
        ...(labels.length === count ? { labels: joined(labels, frame) } : {}),
      },
    };
  },
};

function joined(images: readonly Image[], frame: DrawnValues["frame"]): Uint8Array {
  const size = voxelsOf(frame);
  const all = new Float32Array(images.length * size);
  images.forEach(({ data }, i) => all.set(data, i * size));
  return bytesOf(all);
}
