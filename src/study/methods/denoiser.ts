import { z } from "zod";
import { resolveParameters } from "../../core/parameters.ts";
import { findDenoiser } from "../../denoise/find-denoiser.ts";
import { optionValues } from "../schema-words.ts";
import { leastRmse, type Tried, tryValue } from "../tuning.ts";
import type { MethodKind } from "./method-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("denoiser"),
    name: z.string(),
    options: optionValues,
    level: z
      .enum(["told", "estimated"])
      .default("told")
      .describe("Whether it is told the noise level of the image, or has to find it."),
    tune: z
      .strictObject({ parameter: z.string(), values: z.array(z.number()).min(1) })
      .optional()
      .describe("A parameter chosen on validation images by the smallest RMSE."),
  })
  .describe("A classical denoiser.");

export const denoiser: MethodKind<z.output<typeof schema>> = {
  name: "denoiser",
  summary: "A classical denoiser.",
  schema,
  weight: 0.02,
  refers: () => [],
  async check({ name, options, tune }) {
    const { parameters } = await findDenoiser(name);
    for (const value of tune?.values ?? [undefined]) {
      const tried = value === undefined ? {} : { [tune!.parameter]: value };
      resolveParameters(name, parameters, { ...options, ...tried });
    }
  },
  anonymous: ({ tune: _tune, ...plan }) => plan,
  tuning: {
    refers: ({ tune }) => (tune === undefined ? undefined : []),
    async tune(context) {
      const { plan } = context;
      const member = await findDenoiser(plan.name);
      const { parameter, values } = plan.tune!;
      const tried: Tried[] = [];
      for (const value of values) {
        const all = { ...plan.options, [parameter]: value };
        const row = await tryValue(
          { parameter, value },
          {
            context,
            denoise: ({ noisy, sigma }) => member.denoise(noisy, all, levelOf(plan, sigma)),
          },
        );
        tried.push(row);
        context.onTried(tried.length / values.length);
      }
      return { chosen: { [parameter]: leastRmse(tried).value }, tried };
    },
  },
  async open({ plan, chosen, signal }) {
    const member = await findDenoiser(plan.name);
    const options = { ...plan.options, ...chosen };
    return {
      denoise: async ({ noisy, sigma }) => [
        {
          image: await member.denoise(noisy, options, { ...levelOf(plan, sigma), signal }),
        },
      ],
    };
  },
};

const levelOf = ({ level }: z.output<typeof schema>, sigma: number) =>
  level === "told" ? { sigma } : {};
