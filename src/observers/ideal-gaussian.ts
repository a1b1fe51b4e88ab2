/**
 * Ideal observer for a known signal when background and noise are Gaussian with known mean and
 * covariance [barrett2004foundations]: ln Λ = sᵀK⁻¹(g − b̄ − s/2). A known background in white noise is
 * the case K = σ²I. Its AUC is Φ(√(sᵀK⁻¹s)/√2), which `figures` states.
 */
import { resolveParameters } from "../core/parameters.ts";
import { aucOfDetectability } from "./detectability.ts";
import type { Cases } from "./cases.ts";
import { checkAlike, linearScores } from "./cases.ts";
import { inverseCovariance } from "./gaussian-covariance.ts";
import type { Observer } from "./observer.ts";

export const idealGaussian: Observer = {
  name: "ideal-gaussian",
  title: "Ideal observer, Gaussian statistics",
  summary:
    "Exact likelihood ratio for a known signal in Gaussian noise and Gaussian (or known) backgrounds.",
  references: ["barrett2004foundations"],
  kind: "ideal",
  dimensions: [2, 3],
  needs: ["signal", "sigma"],
  ideal: true,
  parameters: {},
  async train(training, given = {}) {
    resolveParameters("ideal-gaussian", this.parameters, given);
    checkAlike(training.present, training.absent, "train an observer");
    const { signal, background } = training.known ?? {};
    if (!signal)
      return {
        status: "refused",
        cause: "no signal is known",
        remedy: "use a simulated task that states it",
      };
    const inverse = inverseCovariance(training.known, training.absent.shape);
    if (inverse.status !== "ok") return inverse;
    const template = inverse.apply(signal);
    const d2 = template.reduce((s, v, i) => s + v * signal[i]!, 0);
    const offset = -template.reduce(
      (s, v, i) => s + v * ((background?.[i] ?? 0) + signal[i]! / 2),
      0,
    );
    return Object.freeze({
      status: "ok" as const,
      template,
      dimension: 0,
      figures: { detectability: Math.sqrt(d2), auc: aucOfDetectability(Math.sqrt(d2)) },
      findings: background
        ? []
        : [
            {
              name: "unknown-mean-background",
              severity: "note" as const,
              reason:
                "without a mean background the statistic is the log-likelihood ratio up to a constant",
              remedy: "none needed for ROC analysis",
            },
          ],
      read: async (cases: Cases) => {
        checkAlike(cases, training.absent, "read cases");
        return { scores: linearScores(template, cases).map((t) => t + offset) };
      },
    });
  },
};
