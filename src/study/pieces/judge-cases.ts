/** What an observer says of a method's test images. */
import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import { catalogue as answers } from "../answers/catalogue.ts";
import type { AnswerKind } from "../answers/answer-kind.ts";
import { dependenciesOf } from "../dependencies.ts";
import { judgedImages } from "../judged-images.ts";
import { catalogue as observers } from "../observers/catalogue.ts";
import type { ObserverKind } from "../observers/observer-kind.ts";
import type { PieceKind } from "../piece.ts";
import { entrySchema } from "../task-inputs.ts";

const inputs = z.object({
  /** With roles in place of ids. */
  observer: entrySchema,
  /** Which of the images of the method's pieces are meant. */
  setting: z.string(),
  seed: z.int().nonnegative(),
});

/** An answer of the kind that the observer gives, or why there is none. */
const values = z.looseObject({ status: z.enum(["ok", "refused"]) });

export const judgeCases: PieceKind<z.output<typeof inputs>, z.output<typeof values>> = {
  name: "judge-cases",
  version: 1,
  summary: "Lets an observer read a method's test images.",
  inputs,
  values,
  async run({ observer, setting, seed }, context) {
    const { signal, onProgress } = context;
    const kind = await openMember<ObserverKind>(
      observers,
      observer.kind,
      `Cannot use the study: found no kind of observer ${observer.kind}`,
    );
    const depends = dependenciesOf(context.depends);
    const facts = depends.facts();
    const answer = values.parse(
      await kind.judge({
        plan: kind.schema.parse(observer),
        seed,
        facts,
        images: judgedImages(context.depends, { facts, setting }),
        depends,
        signal,
        onProgress,
      }),
    );
    if (answer.status === "refused") return { values: answer };
    const { values: form } = await openMember<AnswerKind>(
      answers,
      kind.answers,
      `Cannot use the study: found no kind of answer ${kind.answers}`,
    );
    const found = form.safeParse(answer);
    if (found.success) return { values: answer };
    throw new InputError(
      `Cannot keep what ${observer.kind} says: ${found.error.issues[0]?.message ?? "found another form"}`,
    );
  },
};
