import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { plsTvSolver } from "../../denoise/variation/pls-tv-problem.ts";
import type { Reference } from "../kind.ts";
import { id, positive } from "../schema-words.ts";
import { leastRmse, type TuneContext, type TuneValues, type Tried, tryValue } from "../tuning.ts";
import type { MethodKind } from "./method-kind.ts";

const tune = z
  .strictObject({
    lambda: z.array(positive).min(1).optional(),
    beta: z.array(z.number().nonnegative()).min(1).optional(),
    within: z
      .number()
      .min(1)
      .default(1.01)
      .describe(
        "β: the largest AUC among those whose RMSE is at most this many times the smallest.",
      ),
    observer: id.optional().describe("Template whose AUC decides on β."),
  })
  .describe("Values tried on validation images; λ is the one of smallest RMSE.");

const schema = z
  .strictObject({
    kind: z.literal("pls-tv"),
    lambda: positive.optional(),
    beta: z.number().nonnegative().default(0),
    template: id.optional(),
    tune: tune.optional(),
  })
  .describe("Penalised least squares with total variation; task-based with a template and β.");

type Plan = z.output<typeof schema>;

const templateOf = ({ template }: Plan): Reference[] =>
  template === undefined
    ? []
    : [{ role: "template", of: "templates", id: template, field: "template", single: true }];

export const plsTv: MethodKind<Plan> = {
  name: "pls-tv",
  summary: "Penalised least squares with total variation; task-based with a template and β.",
  schema,
  weight: 0.02,
  refers: templateOf,
  check(plan, { at }) {
    const refuse = (field: string, wanted: string): never => {
      throw new InputError(`${at}.${field}: found none, wanted ${wanted}`);
    };
    if ((plan.beta > 0 || plan.tune?.beta !== undefined) && plan.template === undefined) {
      refuse("template", "one for β");
    }
    if (plan.tune?.beta !== undefined && plan.tune.observer === undefined) {
      refuse("tune.observer", "the template whose AUC chooses β");
    }
    if (plan.lambda === undefined && plan.tune?.lambda === undefined) {
      refuse("lambda", "a number or tune.lambda");
    }
  },
  anonymous: ({ tune: _tune, template, ...plan }) => ({
    ...plan,
    ...(template === undefined ? {} : { template: "template" }),
  }),
  parameter: (plan, name) => (name === "beta" ? plan.beta : undefined),
  tuning: {
    refers: (plan) => {
      if (plan.tune === undefined) return undefined;
      const { observer } = plan.tune;
      return observer === undefined
        ? []
        : [
            {
              role: "observer",
              of: "templates",
              id: observer,
              field: "tune.observer",
              single: true,
            },
          ];
    },
    tune: tuneTv,
  },
  async open({ plan, chosen, frame, facts, depends }) {
    const template = depends.template("template")?.[0];
    const solver = plsTvSolver(frame.shape, {
      lambda: chosen["lambda"] ?? plan.lambda!,
      ...(template === undefined
        ? {}
        : { beta: chosen["beta"] ?? plan.beta, template, sigma: facts.sigma }),
    });
    return {
      denoise: ({ noisy }) => [{ image: solver.solve(noisy).image }],
      dispose: () => solver.release(),
    };
  },
};

async function tuneTv(context: TuneContext<Plan>): Promise<TuneValues> {
  const { plan, frame, facts, depends } = context;
  const { lambda: lambdas = [], beta: betas = [], within } = plan.tune!;
  const observer = depends.template("observer")?.[0];
  const tried: Tried[] = [];
  const attempt = async (
    one: Pick<Tried, "parameter" | "value">,
    options: Parameters<typeof plsTvSolver>[1],
  ) => {
    const solver = plsTvSolver(frame.shape, options);
    const denoise = ({ noisy }: { noisy: Parameters<typeof solver.solve>[0] }) =>
      solver.solve(noisy).image;
    tried.push(await tryValue(one, { denoise, template: observer, context }));
    solver.release();
    context.onTried(tried.length / (lambdas.length + betas.length));
  };
  const chosen: Record<string, number> = {};
  for (const lambda of lambdas) await attempt({ parameter: "lambda", value: lambda }, { lambda });
  if (lambdas.length > 0) chosen["lambda"] = leastRmse(tried).value;
  if (betas.length === 0) return { chosen, tried };
  const template = depends.template("template")?.[0];
  if (template === undefined) {
    throw new InputError("Cannot tune β: found no template, wanted one");
  }
  const lambda = chosen["lambda"] ?? plan.lambda!;
  for (const beta of betas) {
    const options = { lambda, beta, template, sigma: facts.sigma };
    await attempt({ parameter: "beta", value: beta }, options);
  }
  const rows = tried.filter(({ parameter }) => parameter === "beta");
  const limit = within * leastRmse(rows).rmse;
  const allowed = rows.filter(({ rmse }) => rmse <= limit);
  chosen["beta"] = allowed.reduce((best, row) => (row.auc! > best.auc! ? row : best)).value;
  return { chosen, tried };
}
