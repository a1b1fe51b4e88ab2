import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { projectOntoTask, taskSpan } from "../../denoise/task-projection.ts";
import { imageIn, voxelsOf } from "../facts.ts";
import { id, ids } from "../schema-words.ts";
import type { MethodKind } from "./method-kind.ts";

const schema = z
  .strictObject({ kind: z.literal("projected"), method: id, templates: ids })
  .describe("Another method with the task-preserving projection after it.");

export const projected: MethodKind<z.output<typeof schema>> = {
  name: "projected",
  summary: "Another method with the task-preserving projection after it.",
  schema,
  weight: 0.02,
  refers: ({ method, templates }) => [
    { role: "base", of: "methods", id: method, field: "method" },
    ...templates.map((one, k) => ({
      role: `template ${k}`,
      of: "templates" as const,
      id: one,
      field: "templates",
    })),
  ],
  check({ method }, { at, methods }) {
    if (methods[method]?.kind === this.name) {
      throw new InputError(
        `${at}.method: found ${method}, itself a projection, wanted a denoised method`,
      );
    }
  },
  anonymous: (plan) => ({
    ...plan,
    method: "base",
    templates: plan.templates.map((_, k) => `template-${k}`),
  }),
  async open({ frame, depends }) {
    const span = taskSpan(depends.templates(), { shape: frame.shape });
    const size = voxelsOf(frame);
    const base = depends.images("base");
    return {
      denoise: ({ noisy, index }) => {
        const denoised = imageIn(frame, base.slice(index * size, (index + 1) * size));
        return [{ image: projectOntoTask(denoised, { noisy, span }) }];
      },
    };
  },
};
