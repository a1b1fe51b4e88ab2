import { z } from "zod";
import { caseFields, objectSchema, signalSchema } from "../../cases/description.ts";
import { InputError } from "../../core/errors.ts";
import { id, positive } from "../schema-words.ts";
import { type SceneClass, sceneOfCases } from "./scene-of-cases.ts";
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
    region: z
      .strictObject({
        side: z.int().min(8).describe("Pixels along each side."),
        toleranceMm: z
          .number()
          .nonnegative()
          .describe("Greatest distance of the signal's place from the region's middle."),
      })
      .optional()
      .describe(
        "Cases are regions cut out about the signal's place, there or not; where within the tolerance it lies, nobody is told.",
      ),
    mixture: z
      .array(
        z.strictObject({
          object: objectSchema,
          within: signalSchema.shape.within.describe("Place of the signal in these objects."),
        }),
      )
      .optional()
      .describe("Further objects, of which and of the first every case draws one."),
    others: z
      .record(id, signalSchema)
      .optional()
      .describe(
        "Further signals, each in a class of cases of its own by that name; observers and networks that are to look for them name it.",
      ),
  })
  .describe("Is the signal there? Two classes of cases, without and with it.");

type Task = z.output<typeof schema>;

export const detection: TaskKind<Task> = {
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
      `Object: ${[task, ...(task.mixture ?? [])].map(({ object }) => describedMember(object)).join(" or ")}.`,
      `Signal: ${describedSignal(task.signal)}.`,
      ...(task.mixture ?? []).flatMap(({ object, within }) =>
        within === undefined ? [] : [`In ${object.name}: within ${within.label}.`],
      ),
      ...Object.entries(task.others ?? {}).map(
        ([name, one]) => `\`${name}\`: ${describedSignal(one)}.`,
      ),
      describedImaging(task),
      task.region === undefined
        ? ""
        : `Cases are regions of ${task.region.side} x ${task.region.side} pixels; the signal lies within ${task.region.toleranceMm} mm of their middle.`,
      task.search === undefined ? "" : "Observers search for it.",
    ]
      .filter((text) => text !== "")
      .join(" "),
  classTitle: "signal",
  classHeading: "Signal absent and present apart",
  classText: (which) =>
    which === "absent" || which === "present" ? `signal-${which}` : `signal-present (${which})`,
  async open(task, seed) {
    const { object, signal, noise, acquisition, search, region } = task;
    if (search !== undefined && region !== undefined) {
      throw new InputError("task.region: found it beside search, wanted one of them");
    }
    const descriptionsOf = (own: Task["signal"]): SceneClass["descriptions"] => [
      { object, signal: own, noise, acquisition },
      ...(task.mixture ?? []).map((one) => ({
        object: one.object,
        signal: one.within === undefined ? own : placedWithin(own, one.within),
        noise,
        acquisition,
      })),
    ];
    const plain = descriptionsOf(signal);
    const classes: Record<string, SceneClass> = {
      absent: { descriptions: plain, present: false },
      present: { descriptions: plain, present: true },
    };
    for (const [name, other] of Object.entries(task.others ?? {})) {
      if (Object.hasOwn(classes, name)) {
        throw new InputError(`task.others.${name}: found the name of a class, wanted another`);
      }
      classes[name] = { descriptions: descriptionsOf(other), present: true };
    }
    const scene = await sceneOfCases(classes, {
      seed,
      search: search !== undefined,
      ...(search === undefined ? {} : { toleranceMm: search.toleranceMm }),
      ...(region === undefined ? {} : { region }),
    });
    if (search !== undefined && scene.place === "same") {
      throw new InputError(
        "task.search: found a signal at the same place in all cases, wanted signal.places or signal.within",
      );
    }
    return scene;
  },
};

/** A signal placed within a class of the object, whatever its description says. */
function placedWithin(
  { centre: _centre, places: _places, ...signal }: Task["signal"],
  within: NonNullable<Task["signal"]["within"]>,
): Task["signal"] {
  return { ...signal, within };
}
