import { z } from "zod";
import { InputError, RunError } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import { catalogue as observers } from "../../observers/catalogue.ts";
import type { Observer } from "../../observers/observer.ts";
import { checkMember } from "../members.ts";
import { count, optionValues } from "../schema-words.ts";
import type { TemplateKind } from "./template-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("observer"),
    name: z.string().describe("Name of a linear observer."),
    options: optionValues,
    images: count.describe("Noisy images of each class, of those that networks learn from."),
  })
  .describe("Template of a linear observer trained on noisy images.");

export const observer: TemplateKind<z.output<typeof schema>> = {
  name: "observer",
  summary: "Template of a linear observer trained on noisy images.",
  schema,
  set: false,
  refers: () => [],
  reads: ({ images }) => images,
  async check({ name, options }, { at }) {
    await checkMember(at, { name, options }, observers);
  },
  anonymous: (plan) => plan,
  cost: ({ images }) => ({ weight: 0.02 * images }),
  async make({ plan, cases, facts, meanSignal, seed, signal }) {
    const member = await openMember<Observer>(
      observers,
      plan.name,
      `Cannot use the study: found no observer ${plan.name}`,
    );
    if (cases === undefined) throw new RunError("Cannot make a template: found no training cases");
    const known = {
      ...(member.needs.includes("signal") ? { signal: meanSignal } : {}),
      ...(facts.white ? { sigma: facts.sigma } : {}),
    };
    const trained = await member.train({ ...cases, known }, plan.options, { seed, signal });
    if (trained.status !== "ok") {
      throw new RunError(`Cannot make a template: ${trained.cause}; ${trained.remedy}`);
    }
    if (trained.template === undefined) {
      throw new InputError(
        `Cannot make a template by ${plan.name}: found an observer that is not linear, wanted one that is`,
      );
    }
    return { rows: [trained.template], images: 2 * plan.images };
  },
};
