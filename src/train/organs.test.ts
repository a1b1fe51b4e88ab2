/** Segmentation of phantom organs that the network never saw: a mean Dice coefficient above 0.9. */
import { expect, it } from "vitest";
import { type Stream, streamOf } from "../core/random.ts";
import { abdomen } from "../phantoms/abdomen.ts";
import { parseTrainingConfig } from "./config.ts";
import { runTraining } from "./loop.ts";

const side = 64;
const area = side * side;
/** The liver with its vessels and lesions, and both kidneys, on pixels of about 5 mm. */
const classes = ["elsewhere", "liver", "kidney"];
const classOf = new Map(
  Object.entries(abdomen.labels).flatMap(([value, name]) => {
    const own = name === "lesion" ? 1 : classes.findIndex((one, k) => k > 0 && name.includes(one));
    return own > 0 ? [[Number(value), own] as const] : [];
  }),
);

const objects = (role: string, count: number) =>
  Array.from({ length: count }, (_, n) => {
    const { image, labels } = abdomen.draw(streamOf(5, role, n), { size: side });
    return {
      clean: image.data.map((v) => Math.min(1, Math.max(0, (v + 160) / 400))),
      classes: labels!.data.map((v) => classOf.get(v) ?? 0),
    };
  });

function batchOf(chosen: readonly ReturnType<typeof objects>[number][], stream: Stream) {
  const count = chosen.length;
  const noisy = new Float32Array(count * area);
  const labels = new Float32Array(count * classes.length * area);
  for (const [i, object] of chosen.entries()) {
    for (let p = 0; p < area; p++) {
      noisy[i * area + p] = object.clean[p]! + 0.05 * stream.normal();
      labels[(i * classes.length + object.classes[p]!) * area + p] = 1;
    }
  }
  return {
    noisy: { shape: [count, 1, side, side], data: noisy },
    labels: { shape: [count, classes.length, side, side], data: labels },
  };
}

it("finds liver and kidneys of phantoms that it never saw", async () => {
  const [seen, held] = [objects("train", 40), objects("test", 12)];
  const sources = [
    { kind: "phantom", name: "abdomen", count: 1, windows: [{ low: -160, high: 240 }] },
  ];
  const config = parseTrainingConfig({
    name: "organs",
    seed: 1,
    method: { name: "segmentation" },
    network: { name: "unet", options: { width: 8, levels: 3, classes: classes.length } },
    loss: { name: "dice" },
    schedule: { rate: 0.01, warmup: 10 },
    steps: 200,
    batch: 4,
    patch: side,
    sources,
    validation: { name: "dice", sources, every: 100, patches: held.length },
  });
  const count = config.batch;
  const { bestValidation } = await runTraining(config, {
    data: {
      shapes: {
        noisy: [count, 1, side, side],
        labels: [count, classes.length, side, side],
      },
      draw: ({ step }) => {
        const stream = streamOf(7, step);
        const chosen = Array.from({ length: count }, () => seen[stream.integer(seen.length)]!);
        return batchOf(chosen, stream);
      },
    },
    validation: {
      groups: ["held"],
      count: held.length,
      draw: (_, range) =>
        batchOf(held.slice(range.start, range.start + range.count), streamOf(8, range.start)),
    },
    compile: { threads: 1 },
  });
  expect(bestValidation!.value).toBeGreaterThan(0.9);
}, 120_000);
