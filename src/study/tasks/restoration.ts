import { z } from "zod";
import { caseFields, signalSchema } from "../../cases/description.ts";
import { sceneOfCases } from "./scene-of-cases.ts";
import type { TaskKind } from "./task-kind.ts";
import { describedImaging, describedMember, describedSignal } from "./task-words.ts";

const schema = z
  .strictObject({
    kind: z.literal("restoration"),
    ...caseFields,
    signal: signalSchema.optional().describe("Something that is in every object."),
  })
  .describe("Nothing has to be decided: images are compared with the truth alone.");

export const restoration: TaskKind<z.output<typeof schema>> = {
  name: "restoration",
  summary: "Nothing has to be decided: images are compared with the truth alone.",
  schema,
  example: {
    kind: "restoration",
    object: { name: "binary-texture", options: { size: 16 } },
    noise: { name: "gaussian", options: { sigma: { from: 0.05, to: 0.2 } } },
  },
  answers: [],
  describe: (task) =>
    [
      `Object: ${describedMember(task.object)}.`,
      task.signal === undefined ? "" : `With ${describedSignal(task.signal)}.`,
      describedImaging(task),
    ]
      .filter((text) => text !== "")
      .join(" "),
  open({ object, signal, noise, acquisition }, seed) {
    const description = { object, signal, noise, acquisition };
    return sceneOfCases(
      { cases: { descriptions: [description], present: signal !== undefined } },
      { seed },
    );
  },
};
