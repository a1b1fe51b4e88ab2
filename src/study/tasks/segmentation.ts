import { z } from "zod";
import { caseFields, signalSchema } from "../../cases/description.ts";
import { InputError } from "../../core/errors.ts";
import { sceneOfCases } from "./scene-of-cases.ts";
import type { TaskKind } from "./task-kind.ts";
import { describedImaging, describedMember, describedSignal } from "./task-words.ts";

const schema = z
  .strictObject({
    kind: z.literal("segmentation"),
    ...caseFields,
    signal: signalSchema
      .optional()
      .describe("Something that is in every object, of no class of its own."),
  })
  .describe("To which class does every voxel belong? Objects need classes.");

export const segmentation: TaskKind<z.output<typeof schema>> = {
  name: "segmentation",
  summary: "To which class does every voxel belong? Objects need classes.",
  schema,
  example: {
    kind: "segmentation",
    object: { name: "abdomen", options: { size: 32, fovMm: 420 } },
    noise: { name: "gaussian", options: { sigma: 20 } },
  },
  answers: ["values"],
  describe: (task) =>
    [
      `Object: ${describedMember(task.object)}, segmented.`,
      task.signal === undefined ? "" : `With ${describedSignal(task.signal)}.`,
      describedImaging(task),
    ]
      .filter((text) => text !== "")
      .join(" "),
  async open({ object, signal, noise, acquisition }, seed) {
    const description = { object, signal, noise, acquisition };
    const scene = await sceneOfCases(
      { cases: { descriptions: [description], present: signal !== undefined } },
      { seed },
    );
    if (Object.keys(scene.labels).length === 0) {
      throw new InputError(
        `task.object.name: found ${object.name}, which has no classes, wanted one with labels such as abdomen or thorax`,
      );
    }
    return scene;
  },
};
