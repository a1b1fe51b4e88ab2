import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { resolveParameters } from "../../core/parameters.ts";
import { handBackPlanes, preservingParameters } from "../../denoise/preserving/preserving.ts";
import { imageIn, voxelsOf } from "../facts.ts";
import { id, optionValues } from "../schema-words.ts";
import type { MethodKind } from "./method-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("preserving"),
    method: id,
    options: optionValues.describe("`keep` in mm, `keepShare`, `keepBand`."),
  })
  .describe("Another method with what a low-pass sees of the noisy image handed back.");

export const preserving: MethodKind<z.output<typeof schema>> = {
  name: "preserving",
  summary: "Another method with what a low-pass sees of the noisy image handed back.",
  schema,
  weight: 0.02,
  refers: ({ method }) => [{ role: "base", of: "methods", id: method, field: "method" }],
  check({ method, options }, { at, methods }) {
    if (methods[method]?.kind === this.name) {
      throw new InputError(
        `${at}.method: found ${method}, itself lesion-preserving, wanted a method that is not`,
      );
    }
    resolveParameters("preserving", preservingParameters, options);
  },
  anonymous: (plan) => ({ ...plan, method: "base" }),
  async open({ plan, frame, depends, signal }) {
    const size = voxelsOf(frame);
    const base = depends.images("base");
    return {
      async denoise({ noisy, index }) {
        const denoised = imageIn(frame, base.slice(index * size, (index + 1) * size));
        const given = { parameters: plan.options, context: { signal } };
        return [{ image: await handBackPlanes(denoised, noisy, given) }];
      },
    };
  },
};
