/** A reader study from a file, analysed in both ways. */
import { readFile } from "node:fs/promises";
import { InputError } from "../core/errors.ts";
import { type ParameterValuesOf, settingsOf } from "../core/parameters.ts";
import {
  type AreaComparison,
  type Estimate,
  gallasArea,
  gallasCompare,
  holm,
  type MarginTest,
  type OrhAnalysis,
  orhAnalysis,
  type OrhResult,
  parseImrmc,
  planReaders,
  testEquivalence,
  testNonInferiority,
} from "../stats/index.ts";
import { type ReaderDesign, readerDesign } from "../stats/reader-design.ts";
import { modalitiesOf, type ReaderStudy } from "../stats/reader-study.ts";
import { readerSettings } from "./reader-settings.ts";

export interface AnalyseReadersOptions {
  /** Which modalities and in which order; all when empty. */
  readonly modalities?: readonly string[];
  /** Defaults to `random-readers-and-cases`. */
  readonly analysis?: OrhAnalysis;
  /** Coverage of the intervals. Defaults to 0.95. */
  readonly level?: number;
  /** Loss of area within which differences are tested for non-inferiority and equivalence. */
  readonly margin?: number | undefined;
  /** Difference of areas to plan for. */
  readonly plan?: number | undefined;
  /** Of the planned study. Defaults to 0.8. */
  readonly power?: number;
}

type By = "U-statistics" | "ORH";

export interface ReadersReport {
  readonly readers: number;
  readonly present: number;
  readonly absent: number;
  readonly design: string;
  readonly areas: readonly (Estimate & {
    readonly modality: string;
    readonly by: By;
    readonly readers: number;
  })[];
  readonly differences: readonly (AreaComparison & {
    readonly modalities: readonly [string, string];
    readonly by: By;
    /** By Holm over the differences of one analysis. */
    readonly adjusted: number;
    readonly nonInferior?: MarginTest;
    readonly equivalent?: MarginTest;
  })[];
  /** Variance components of Obuchowski and Rockette, where the design has them. */
  readonly components?: OrhResult["components"];
  readonly margin?: number;
  readonly plan?: {
    readonly effect: number;
    readonly power: number;
    readonly rows: readonly {
      readonly readers: number;
      readonly present: number;
      readonly absent: number;
      readonly power: number;
    }[];
  };
  readonly notes: readonly string[];
}

type ReaderSettings = ParameterValuesOf<typeof readerSettings>;

/** Numbers of readers that a plan is made for. */
const planned = [2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50];

/**
 * @throws InputError on a file that cannot be read or lacks a modality; FormatError on one that is no iMRMC file
 */
export async function analyseReaders(
  path: string,
  options: AnalyseReadersOptions = {},
): Promise<ReadersReport> {
  const study = parseImrmc(await textOf(path));
  const all = modalitiesOf(study);
  const { modalities: asked = [] } = options;
  const settings = settingsOf("mrmc", readerSettings, options);
  const { level, margin } = settings;
  const absent = asked.find((one) => !all.includes(one));
  if (absent !== undefined) {
    throw new InputError(
      `Cannot analyse ${path}: found no modality "${absent}", wanted one of ${all.join(", ")}`,
    );
  }
  const modalities = asked.length > 0 ? asked : all;
  const notes: string[] = [];
  const design = readerDesign(study, modalities);
  const orh = orhOf(study, modalities, settings, notes);
  const readersOf = (modality: string): number =>
    new Set(study.scores.filter((s) => s.modality === modality).map((s) => s.reader)).size;
  const areas: ReadersReport["areas"] = modalities.flatMap((modality, i) => {
    const by = gallasArea(study, modality, { level });
    const readers = readersOf(modality);
    return [
      { ...by, modality, by: "U-statistics" as const, readers },
      ...(orh === undefined
        ? []
        : [{ ...orh.estimates[i]!, modality, by: "ORH" as const, readers }]),
    ];
  });
  const pairs = modalities.flatMap((first, i) =>
    modalities.slice(i + 1).map((second) => [first, second] as const),
  );
  const byGallas = pairs.map((pair) => ({
    ...gallasCompare(study, pair, { level }),
    modalities: pair,
    by: "U-statistics" as const,
  }));
  const byOrh = (orh?.differences ?? []).map((one) => ({ ...one, by: "ORH" as const }));
  const differences = [byGallas, byOrh].flatMap((family) => {
    const adjusted = holm(family.map(({ pValue }) => pValue));
    return family.map((one, i) => ({
      ...one,
      adjusted: adjusted[i]!,
      ...(margin === undefined || !(one.standardError > 0)
        ? {}
        : {
            nonInferior: testNonInferiority(one, { margin }),
            equivalent: testEquivalence(one, { margin }),
          }),
    }));
  });
  const remedies = [...areas, ...differences].flatMap(({ status, remedy }) =>
    status === "ok" || remedy === "" ? [] : [`${status}: ${remedy}`],
  );
  const cases = { present: 0, absent: 0 };
  const read = new Set(
    study.scores.filter((s) => modalities.includes(s.modality)).map((s) => s.caseId),
  );
  for (const [id, present] of study.truth) {
    if (read.has(id)) cases[present ? "present" : "absent"]++;
  }
  return {
    readers: new Set(
      study.scores.filter((s) => modalities.includes(s.modality)).map((s) => s.reader),
    ).size,
    ...cases,
    design:
      modalities.length > 1
        ? design.summary
        : design.name === "crossed"
          ? "one modality"
          : `one modality, ${design.summary}`,
    areas,
    differences,
    ...(orh === undefined ? {} : { components: orh.components }),
    ...(margin === undefined ? {} : { margin }),
    ...(settings.plan === undefined ? {} : { plan: planOf({ ...settings, path }, orh, design) }),
    notes: [...new Set([...notes, ...remedies])],
  };
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new InputError(`Cannot open ${path}: found no file that can be read, wanted iMRMC text`, {
      cause,
    });
  });
}

/** Absent where the design does not allow it, with a note that says why. */
function orhOf(
  study: ReaderStudy,
  modalities: readonly string[],
  { level, analysis }: ReaderSettings,
  notes: string[],
): OrhResult | undefined {
  if (modalities.length < 2) return undefined;
  try {
    return orhAnalysis(study, { level, modalities, analysis });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    notes.push(`no analysis of Obuchowski, Rockette and Hillis: ${error.message}`);
    return undefined;
  }
}

function planOf(
  { plan: effect = NaN, power, path }: ReaderSettings & { readonly path: string },
  orh: OrhResult | undefined,
  design: ReaderDesign,
): ReadersReport["plan"] {
  // A plan is for readers who all read the same cases in every modality; a split plot has their components, too.
  const plannable = design.name === "crossed" || design.name === "split-plot";
  if (orh === undefined || orh.status === "too-few-readers" || !plannable) {
    const found =
      orh === undefined
        ? "a design without variance components"
        : orh.status === "too-few-readers"
          ? "one reader"
          : design.summary;
    throw new InputError(
      `Cannot plan from ${path}: found ${found}, wanted two modalities and two or more readers who read the same cases in both`,
    );
  }
  // Components stand for as many cases as a reader read.
  const { present, absent } = design.casesPerReader;
  const average = ([low, high]: readonly [number, number]) => (low + high) / 2;
  const rows = planReaders(orh.components, { effect, readers: planned, power }).map((row) => ({
    readers: row.readers,
    present: Math.ceil(average(present) * row.caseRatio),
    absent: Math.ceil(average(absent) * row.caseRatio),
    power: row.power,
  }));
  if (rows.length === 0) {
    throw new InputError(
      `Cannot plan for a difference of ${effect}: found no number of readers up to ${planned.at(-1)} that reaches a power of ${power} with a hundred times the cases, wanted a larger difference`,
    );
  }
  return { effect, power, rows };
}
