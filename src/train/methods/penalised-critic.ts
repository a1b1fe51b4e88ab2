/** The critic's update of a Wasserstein GAN with gradient penalty [gulrajani2017improved]. */
import { type Node, shapeOf, sizesOf } from "../../graph/node.ts";
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import type { Apply } from "../../learn/trainee.ts";
import type { Update } from "../../learn/update.ts";
import { gradientPenalty } from "../../losses/gradient-penalty.ts";
import { wasserstein } from "../../losses/wasserstein.ts";
import { lossNode, runsOption, weighted, weightOption } from "./terms.ts";
import type { MethodContext } from "./training-method.ts";

/** Options of a method with such a critic. */
export const penaltyOptions = {
  penalty: weightOption(10, "Weight of the gradient penalty."),
  sided: {
    type: "choice",
    choices: ["two", "one"],
    default: "two",
    about:
      "Whether slopes below 1 count as well as those above; two, as published, holds a simple critic on the wrong side for long.",
  },
  criticRuns: runsOption(4),
} as const;

/**
 * min mean C(D(x)) − mean C(y) + penalty · mean (‖∇C(z)‖ − 1)², z between D(x) and y.
 *
 * @param denoised D(x)
 * @param clean y
 */
export function penalisedCritic(
  critic: Apply,
  { denoised, clean }: { readonly denoised: Node; readonly clean: Node },
  {
    options,
    random,
  }: {
    readonly options: {
      readonly penalty: number;
      readonly sided: string;
      readonly criticRuns: number;
    };
    readonly random: MethodContext<unknown>["random"];
  },
): Update {
  const generated = stopGradient(denoised);
  const judges = { real: critic(clean), generated: critic(generated) };
  const [count = 1] = sizesOf(clean);
  const ones = shapeOf(clean)
    .slice(1)
    .map(() => 1);
  const mix = random.uniform("mix", [count, ...ones]);
  return {
    name: "critic",
    trains: ["critic"],
    terms: {
      critic: lossNode(wasserstein, [judges.generated, judges.real]),
      penalty: weighted(options.penalty, () =>
        lossNode(gradientPenalty, [generated, clean], {
          options: { sided: options.sided },
          context: { critic, mix },
        }),
      ),
    },
    times: options.criticRuns,
    judges,
  };
}

/** −mean C(D(x)): what the critic pulls the denoiser by. */
export function criticTerm(critic: Apply, denoised: Node): Node {
  const scores = critic(denoised);
  return lossNode(wasserstein, [scores, scores], { options: { side: "generator" } });
}
