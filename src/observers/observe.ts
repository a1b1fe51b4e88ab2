/** Observers × arms of one task: areas with intervals, paired differences, findings. */
import { InputError } from "../core/errors.ts";
import type { ParameterValues } from "../core/parameters.ts";
import { holm } from "../stats/compare.ts";
import { erocArea, utilityPlacements } from "../stats/localisation.ts";
import type { Placements } from "../stats/placements.ts";
import type { Estimate } from "../stats/result.ts";
import { requireLevel } from "../stats/result.ts";
import type { AreaDifference } from "./area.ts";
import { areaDifference, areaOfPlacements } from "./area.ts";
import type { Cases } from "./cases.ts";
import { checkAlike } from "./cases.ts";
import { scoreSeparation } from "./detectability.ts";
import { guardOverlap, guardRows } from "./guards.ts";
import type { Finding, Known, Observer, ObserverContext } from "./observer.ts";
import {
  finiteTrainingFinding,
  populationDetectability,
  type PopulationDetectability,
} from "./population.ts";
import type { Judged, Protocol } from "./protocol.ts";
import { judge, protocolFor } from "./protocol.ts";
import { searchScores, type SearchArea } from "./search-scores.ts";

/** One version of the test images: noisy, or denoised by one method. */
export interface Arm {
  readonly name: string;
  readonly present: Cases;
  readonly absent: Cases;
  /** Separate training images of the same version. */
  readonly training?: {
    readonly present: Cases;
    readonly absent: Cases;
    readonly places?: Float64Array;
  };
  /** Places of the signal, x, y (, z) in pixels for each case with signal, where it differs from case to case. */
  readonly places?: Float64Array;
  /** True value of the signal's parameter for each case with signal, for estimation tasks. */
  readonly parameters?: Float64Array;
}

export interface ObserverChoice {
  readonly observer: Observer;
  readonly parameters?: ParameterValues;
  /** How tables call it; the observer's name by default. */
  readonly label?: string;
}

export interface ObserveOptions extends ObserverContext {
  readonly known?: Known;
  /** Chosen by `protocolFor` when absent, unless an arm brings training images. */
  readonly protocol?: Protocol;
  /** Whether the arms hold the same cases (denoised versions), by name. Defaults to true. */
  readonly paired?: boolean;
  readonly level?: number;
  /**
   * `each` (default): observers learn anew on each arm's own images; `first`: once, on the first arm's, as
   * when a template of the noisy images is applied to denoised ones.
   */
  readonly trainOn?: "each" | "first";
  /** Distance in pixels within which a place counts as found; the known radius, or 3, by default. */
  readonly tolerancePx?: number;
  /** Utility of an estimate given the true value, for EROC areas; 1 within a tenth of the true values' range by default. */
  readonly utility?: (estimate: number, truth: number) => number;
}

export interface ObservedRow {
  readonly arm: string;
  readonly observer: string;
  readonly label: string;
  readonly status: "ok" | "refused";
  /** Cause and remedy of a refusal; empty otherwise. */
  readonly cause: string;
  readonly remedy: string;
  readonly area?: Estimate;
  /** (m₁ − m₀)/√((v₁ + v₀)/2) of the test scores; NaN under leave-pair-out. */
  readonly separation?: number;
  /**
   * d' of the population, unbiased, from all images of the version without a split: of observers that are Hotelling's on
   * fixed channels and learn on the version's own images.
   */
  readonly population?: PopulationDetectability;
  /** Area under the localisation ROC curve, where places are known and the observer points at one. */
  readonly localisation?: Estimate;
  /** Area under the estimation ROC curve, where the parameter is known and the observer estimates it. */
  readonly estimation?: Estimate;
  readonly judged?: Judged;
}

export interface ObservedDifference extends AreaDifference {
  readonly label: string;
  readonly arm: string;
  readonly reference: string;
  /** Holm's adjustment over all differences of the result of the same kind of area. */
  readonly adjustedP: number;
}

export interface Observed {
  readonly rows: readonly ObservedRow[];
  /** Every arm against the first, observer by observer. */
  readonly differences: readonly ObservedDifference[];
  /** The same of areas under localisation and estimation ROC curves, where observers have them. */
  readonly searchDifferences: readonly (ObservedDifference & { readonly area: SearchArea })[];
  readonly findings: readonly Finding[];
  readonly level: number;
  readonly protocol: Protocol["kind"];
  readonly seed: number;
}

function checkArms(arms: readonly Arm[], paired: boolean): void {
  const first = arms[0];
  if (!first) throw new InputError("Cannot observe: found no arm, wanted at least one");
  if (new Set(arms.map((a) => a.name)).size !== arms.length) {
    throw new InputError(`Cannot observe: found two arms of one name, wanted different names`);
  }
  for (const arm of arms) {
    checkAlike(arm.present, arm.absent, `observe arm ${arm.name}`);
    checkAlike(arm.present, first.present, `compare arm ${arm.name} with ${first.name}`);
    if (!paired) continue;
    for (const what of ["present", "absent"] as const) {
      const own = arm[what].ids;
      const at = first[what].ids.findIndex((id, i) => id !== own[i]);
      if (own.length !== first[what].ids.length || at >= 0) {
        throw new InputError(
          `Cannot compare arms case by case: found ${own.length} signal-${what} cases in ${arm.name} and ${first[what].ids.length} in ${first.name}${at >= 0 ? `, ${own[at] ?? "none"} against ${first[what].ids[at]}` : ""}, wanted the same cases in the same order`,
        );
      }
    }
  }
}

/**
 * Judges every arm by every observer.
 *
 * @throws InputError on classes of different size or unit, arms of different cases, a class that cannot
 * be divided; CancelledError
 */
export async function observeArms(
  arms: readonly Arm[],
  choices: readonly ObserverChoice[],
  options: ObserveOptions = {},
): Promise<Observed> {
  const { known, paired = true, seed = 0 } = options;
  if (options.trainOn === "first" && !paired) {
    throw new InputError(
      "Cannot train on the first version alone: found arms of different cases, wanted versions of the same ones",
    );
  }
  const level = requireLevel(options.level);
  checkArms(arms, paired);
  if (choices.length === 0)
    throw new InputError("Cannot observe: found no observer, wanted at least one");
  const first = arms[0]!;
  const shared = options.protocol ?? protocolFor(first.present.count, first.absent.count);
  const rows: ObservedRow[] = [];
  const findings: Finding[] = [];
  const searched: (Placed & { area: SearchArea })[] = [];
  for (const arm of arms) {
    const trainer = options.trainOn === "first" ? first : arm;
    const protocol: Protocol = trainer.training
      ? { kind: "separate", ...trainer.training }
      : shared;
    if (protocol.kind === "separate") {
      findings.push(
        ...guardOverlap([protocol.present, protocol.absent], [arm.present, arm.absent], arm.name),
      );
    }
    findings.push(...guardSameInBoth(arm));
    for (const { observer, parameters, label = observer.name } of choices) {
      const result = await judge(arm.present, arm.absent, {
        observer,
        protocol,
        context: options,
        ...(parameters ? { parameters } : {}),
        ...(known ? { known } : {}),
        ...(arm.places ? { places: arm.places } : {}),
        ...(trainer === arm ? {} : { trainOn: trainer }),
      });
      const base = { arm: arm.name, observer: observer.name, label };
      if (result.status !== "ok") {
        rows.push({ ...base, ...result });
        findings.push({
          name: "refused",
          severity: "warning",
          reason: `${label} on ${arm.name}: ${result.cause}`,
          remedy: result.remedy,
        });
        continue;
      }
      const utilities = searchScores(result, {
        dimensions: arm.present.shape.length,
        tolerance: options.tolerancePx ?? known?.radius ?? 3,
        ...(arm.parameters ? { parameters: arm.parameters } : {}),
        ...(options.utility ? { utility: options.utility } : {}),
      });
      for (const [area, scores] of Object.entries(utilities)) {
        searched.push({
          area: area as SearchArea,
          arm: arm.name,
          label,
          placements: utilityPlacements(scores),
        });
      }
      const { fixedChannels } = result;
      const population =
        fixedChannels && trainer === arm && !arm.places
          ? populationDetectability(fixedChannels, arm, level)
          : undefined;
      if (population) {
        const row = { label, arm: arm.name, auc: result.placements.auc };
        findings.push(finiteTrainingFinding(row, { trained: result.trained, population }));
      }
      rows.push({
        ...base,
        status: "ok",
        cause: "",
        remedy: "",
        area: areaOfPlacements(result.placements, { level, method: result.method }),
        ...(population ? { population } : {}),
        separation:
          protocol.kind === "leave-pair-out" ? NaN : scoreSeparation(result.present, result.absent),
        ...Object.fromEntries(
          Object.entries(utilities).map(([area, scores]) => [area, erocArea(scores, { level })]),
        ),
        judged: result,
      });
      for (const f of result.findings) {
        if (!findings.some((g) => g.name === f.name && g.reason === f.reason)) findings.push(f);
      }
    }
  }
  const guarded = rows.flatMap((row) =>
    row.area && row.judged
      ? [
          {
            arm: row.arm,
            label: row.label,
            observer: row.observer,
            ideal: choices.some((c) => c.observer.name === row.observer && c.observer.ideal),
            area: row.area,
            placements: row.judged.placements,
          },
        ]
      : [],
  );
  findings.push(
    ...guardRows(guarded, { reference: first.name, paired, ...(known ? { known } : {}) }),
  );
  const against = { reference: first.name, paired, level };
  const search = (["localisation", "estimation"] as const).flatMap((area) =>
    differencesOf(
      searched.filter((row) => row.area === area),
      against,
    ).map((d) => ({ ...d, area })),
  );
  return {
    rows,
    differences: differencesOf(guarded, against),
    searchDifferences: search,
    findings,
    level,
    protocol: shared.kind,
    seed,
  };
}

interface Placed {
  readonly arm: string;
  readonly label: string;
  readonly placements: Placements;
}

/** Every arm's area less the reference's, observer by observer. */
function differencesOf(
  rows: readonly Placed[],
  options: { reference: string; paired: boolean; level: number },
): ObservedDifference[] {
  const { reference } = options;
  const found = [...new Set(rows.map((row) => row.label))].flatMap((label) => {
    const own = rows.filter((row) => row.label === label);
    const base = own.find((row) => row.arm === reference);
    return base
      ? own
          .filter((row) => row !== base)
          .map(({ arm, placements }) => ({
            label,
            arm,
            reference,
            ...areaDifference(placements, base.placements, options),
          }))
      : [];
  });
  const adjusted = holm(found.map((d) => d.pValue));
  return found.map((d, i) => ({ ...d, adjustedP: adjusted[i]! }));
}

/** Equal images in both classes: one of the labels must be wrong. */
function guardSameInBoth(arm: Arm): Finding[] {
  return guardOverlap([arm.present], [arm.absent], arm.name).map((f) => ({
    ...f,
    name: "same-image-in-both-classes",
    reason: f.reason.replace("training and test images", "images with and without signal"),
    remedy: "find out which label is right",
  }));
}
