import { z } from "zod";
import { caseFields, objectSchema, signalSchema } from "../../cases/description.ts";
import { InputError } from "../../core/errors.ts";
import { id } from "../schema-words.ts";
import { sceneOfCases } from "./scene-of-cases.ts";
import type { TaskKind } from "./task-kind.ts";
import { describedImaging, describedMember, describedSignal } from "./task-words.ts";

const classSchema = z
  .strictObject({
    object: objectSchema.optional().describe("In place of the task's own object."),
    signal: signalSchema.optional().describe("What only this class has."),
  })
  .describe("What tells a class from the others.");

const schema = z
  .strictObject({
    kind: z.literal("classification"),
    ...caseFields,
    classes: z.record(id, classSchema).describe("Two classes of cases or more, by name."),
  })
  .describe("Of which class is the object? Classes differ in object or signal.");

export const classification: TaskKind<z.output<typeof schema>> = {
  name: "classification",
  summary: "Of which class is the object? Classes differ in object or signal.",
  schema,
  example: {
    kind: "classification",
    object: { name: "lumpy", options: { size: 16 } },
    noise: { name: "gaussian", options: { sigma: 20 } },
    classes: {
      plain: {},
      disk: { signal: { name: "disk", options: { radiusMm: 2, amplitude: 40 } } },
      bell: { signal: { name: "gaussian-blob", options: { sigmaMm: 2, amplitude: 40 } } },
    },
  },
  answers: ["values"],
  describe: (task) => {
    const classes = Object.entries(task.classes).map(([name, { object, signal }]) => {
      const parts = [
        ...(object === undefined ? [] : [describedMember(object)]),
        ...(signal === undefined ? [] : [describedSignal(signal)]),
      ];
      return `\`${name}\`: ${parts.length === 0 ? "the object alone" : parts.join(" with ")}`;
    });
    return `Object: ${describedMember(task.object)}. Classes: ${classes.join("; ")}. ${describedImaging(task)}`;
  },
  async open({ object, noise, acquisition, classes }, seed) {
    if (Object.keys(classes).length < 2) {
      throw new InputError(
        `task.classes: found ${Object.keys(classes).length}, wanted two or more`,
      );
    }
    return sceneOfCases(
      Object.fromEntries(
        Object.entries(classes).map(([name, own]) => [
          name,
          {
            descriptions: [
              { object: own.object ?? object, signal: own.signal, noise, acquisition },
            ],
            present: own.signal !== undefined,
          },
        ]),
      ),
      { seed },
    );
  },
};
