/** Chooses a method's parameters on validation images. */
import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import { drawnRole } from "../case-ranges.ts";
import { dependenciesOf } from "../dependencies.ts";
import { drawnImages } from "../drawn-cases.ts";
import { catalogue as methods } from "../methods/catalogue.ts";
import type { MethodKind } from "../methods/method-kind.ts";
import type { PieceKind } from "../piece.ts";
import { entrySchema } from "../task-inputs.ts";
import { tuneSchema, type TuneValues } from "../tuning.ts";

const inputs = z.object({
  /** With its values to try, and roles in place of ids. */
  method: entrySchema,
});

export const tuneMethod: PieceKind<z.output<typeof inputs>, TuneValues> = {
  name: "tune-method",
  version: 2,
  summary: "Tries parameters on validation images and keeps the best.",
  inputs,
  values: tuneSchema,
  async run({ method }, context) {
    const kind = await openMember<MethodKind>(
      methods,
      method.kind,
      `Cannot use the study: found no kind of method ${method.kind}`,
    );
    if (kind.tuning === undefined) {
      throw new InputError(`Cannot tune a method of kind ${method.kind}: found no way to do so`);
    }
    const { signal, onProgress } = context;
    const depends = dependenciesOf(context.depends);
    const facts = depends.facts();
    const cases = facts.classes.map((which) =>
      Object.keys(context.depends)
        .filter((role) => role.startsWith(drawnRole({ role: "validation", which })))
        .sort()
        .flatMap((role) => drawnImages(context.depends[role]!)),
    );
    return {
      values: await kind.tuning.tune({
        plan: kind.schema.parse(method),
        frame: facts.frame,
        facts,
        depends,
        cases,
        signal,
        onTried: onProgress,
      }),
    };
  },
};
