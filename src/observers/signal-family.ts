/**
 * Observer for a signal known statistically [clarkson2007estimation]: with a family of possible signals
 * s_j of prior p_j and Gaussian statistics,
 *
 *   ln Λ = ln Σ_j p_j exp( s_jᵀK⁻¹(g − b̄ − s_j/2) ),
 *
 * the ideal observer for that family; `max` reports the best member instead of the sum. The estimate is
 * the posterior mean of the family's parameter (sum) or the best member's (max), for EROC analysis.
 */
import { resolveParameters } from "../core/parameters.ts";
import type { Cases } from "./cases.ts";
import { caseAt, checkAlike, meanCase } from "./cases.ts";
import { inverseCovariance } from "./gaussian-covariance.ts";
import type { Observer } from "./observer.ts";

export const signalFamily: Observer = {
  name: "signal-family",
  title: "Likelihood over a signal family",
  summary:
    "Ideal observer of a signal known only statistically, in Gaussian noise; also estimates the signal's parameter.",
  references: ["clarkson2007estimation"],
  kind: "ideal",
  dimensions: [2, 3],
  needs: ["family", "sigma"],
  ideal: true,
  parameters: {
    combine: {
      type: "choice",
      choices: ["sum", "max"],
      default: "sum",
      about: "sum of likelihoods (ideal), or the best member alone",
    },
  },
  async train(training, given = {}) {
    const p = resolveParameters("signal-family", this.parameters, given);
    checkAlike(training.present, training.absent, "train an observer");
    const { family, background } = training.known ?? {};
    if (!family || family.length === 0) {
      return {
        status: "refused",
        cause: "no signal family is known",
        remedy: "use a task that states its signals and their probabilities",
      };
    }
    const inverse = inverseCovariance(training.known, training.absent.shape);
    if (inverse.status !== "ok") return inverse;
    const mean = background ?? meanCase(training.absent);
    const total = family.reduce((s, m) => s + m.prior, 0);
    const members = family.map(({ signal, prior, parameter }) => {
      const w = inverse.apply(signal);
      return {
        w,
        offset:
          Math.log(prior / total) - w.reduce((s, v, i) => s + v * (mean[i]! + signal[i]! / 2), 0),
        parameter: parameter ?? NaN,
      };
    });
    return Object.freeze({
      status: "ok" as const,
      dimension: 0,
      figures: { members: members.length },
      findings: background
        ? []
        : [
            {
              name: "estimated-mean-background",
              severity: "note" as const,
              reason: "the mean background was taken from the training images without signal",
              remedy: "give it for the exact likelihood",
            },
          ],
      read: async (cases: Cases) => {
        checkAlike(cases, training.absent, "read cases");
        const scores = new Float64Array(cases.count);
        const estimates = new Float64Array(cases.count);
        for (let i = 0; i < cases.count; i++) {
          const g = caseAt(cases, i);
          const logs = members.map(({ w, offset }) => {
            let sum = offset;
            for (let j = 0; j < w.length; j++) sum += w[j]! * g[j]!;
            return sum;
          });
          const top = Math.max(...logs);
          const weights = logs.map((l) => Math.exp(l - top));
          const all = weights.reduce((a, b) => a + b, 0);
          if (p.combine === "max") {
            scores[i] = top;
            estimates[i] = members[logs.indexOf(top)]!.parameter;
          } else {
            scores[i] = top + Math.log(all);
            estimates[i] = members.reduce((s, m, j) => s + (weights[j]! / all) * m.parameter, 0);
          }
        }
        return { scores, estimates };
      },
    });
  },
};
