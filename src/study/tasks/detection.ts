import { z } from "zod";
import { caseFields, signalSchema } from "../../cases/description.ts";
import { InputError } from "../../core/errors.ts";
import { positive } from "../schema-words.ts";
import { sceneOfCases } from "./scene-of-cases.ts";
import type { TaskKind } from "./task-kind.ts";
import { describedImaging, describedMember, describedSignal } from "./task-words.ts";

const schema = z
  .strictObject({
    kind: z.literal("detection"),
    ...caseFields,
    signal: signalSchema.describe(
      "What the observer looks for; added to half of the cases. Known exactly when nothing of it varies, else known statistically.",
    ),
    search: z
      .strictObject({
        toleranceMm: positive.describe("Distance within which a place counts as found."),
      })
      .optional()
      .describe(
        "Observers have to search for a signal whose place varies; without it they are told the place, case by case.",
      ),
  })
  .describe("Is the signal there? Two classes of cases, without and with it.");

export const detection: TaskKind<z.output<typeof schema>> = {
  name: "detection",
  summary: "Is the signal there? Two classes of cases, without and with it.",
  schema,
  example: {
    kind: "detection",
    object: { name: "lumpy", options: { size: 16 } },
    signal: { name: "disk", options: { radiusMm: 2, amplitude: 40 } },
    noise: { name: "gaussian", options: { sigma: 20 } },
  },
  answers: ["scores"],
  describe: (task) =>
    [
      `Object: ${describedMember(task.object)}.`,
      `Signal: ${describedSignal(task.signal)}.`,
      describedImaging(task),
      task.search === undefined ? "" : "Observers search for it.",
    ]
      .filter((text) => text !== "")
      .join(" "),
  classTitle: "signal",
  classHeading: "Signal absent and present apart",
  classText: (which) => `signal-${which}`,
  async open(task, seed) {
    const { object, signal, noise, acquisition, search } = task;
    const description = { object, signal, noise, acquisition };
    const scene = await sceneOfCases(
      { absent: { description, present: false }, present: { description, present: true } },
      {
        seed,
        search: search !== undefined,
        ...(search === undefined ? {} : { toleranceMm: search.toleranceMm }),
      },
    );
    if (search !== undefined && scene.place === "same") {
      throw new InputError(
        "task.search: found a signal at the same place in all cases, wanted signal.places or signal.within",
      );
    }
    return scene;
  },
};
