import { z } from "zod";
import type { ScoresValues } from "../answers/scores.ts";
import { RunError } from "../../core/errors.ts";
import { id } from "../schema-words.ts";
import type { ObserverKind } from "./observer-kind.ts";

const schema = z
  .strictObject({ kind: z.literal("template"), template: id })
  .describe("One fixed template applied to every method's images.");

export const template: ObserverKind<z.output<typeof schema>> = {
  name: "template",
  summary: "One fixed template applied to every method's images.",
  schema,
  answers: "scores",
  overview: true,
  reads: () => [],
  classes: (_, all) => all.slice(0, 2),
  refers: (plan) => [
    { role: "template", of: "templates", id: plan.template, field: "template", single: true },
  ],
  anonymous: (plan) => ({ ...plan, template: "template" }),
  about: (plan) => `One template, \`${plan.template}\`, applied to every method's images.`,
  async judge({ images, depends }): Promise<ScoresValues> {
    const [row] = depends.template("template") ?? [];
    if (row === undefined) throw new RunError("Cannot judge images: found no template");
    const scores = (which: string) => {
      const { data, count, size } = images.cases("test", which);
      return Array.from({ length: count }, (_, k) => {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += row[i]! * data[k * size + i]!;
        return sum;
      });
    };
    const [absent = "", present = ""] = images.classes;
    return {
      status: "ok",
      absent: scores(absent),
      present: scores(present),
      figures: {},
      findings: [],
    };
  },
};
