/** Who read what in a reader study: which of the named designs, or one with gaps. */
import { modalitiesOf, type ReaderStudy, type ReaderTables, tablesOf } from "./reader-study.ts";

export type ReaderDesignName =
  | "crossed"
  | "split-plot"
  | "cases-nested-in-modalities"
  | "readers-nested-in-modalities"
  | "readers-and-cases-nested-in-modalities"
  | "incomplete-blocks"
  | "with-gaps";

export interface ReaderDesign {
  /**
   * `crossed`: every reader reads every case in every modality. `split-plot`: readers form groups, each with cases
   * of its own, which it reads in every modality. Cases nested in modalities: a case is read in one modality
   * alone; readers nested: a reader reads in one modality alone. `incomplete-blocks`: readers crossed or nested,
   * any two arms with the same cases or none in common, in another arrangement. `with-gaps`: anything else.
   */
  readonly name: ReaderDesignName;
  /** Sets of cases that are read together: 1 when every arm has the same cases. */
  readonly blocks: number;
  /** Fewest and most cases that a reader reads in a modality. */
  readonly casesPerReader: {
    readonly present: readonly [number, number];
    readonly absent: readonly [number, number];
  };
  /** The design in words, for a line of a table. */
  readonly summary: string;
}

/** The cases that one reader read in one modality. */
interface Arm {
  readonly reader: number;
  readonly modality: number;
  /** Present cases first; 1 where there is a score. */
  readonly cases: Uint8Array;
  readonly present: number;
  readonly absent: number;
}

function armsOf(tables: ReaderTables, modality: number): Arm[] {
  return tables.readers.flatMap((_, reader) => {
    const all = [...tables.present[reader]!, ...tables.absent[reader]!];
    const cases = Uint8Array.from(all, (v) => (Number.isNaN(v) ? 0 : 1));
    const present = cases.subarray(0, tables.presentIds.length).reduce((s, v) => s + v, 0);
    const absent = cases.reduce((s, v) => s + v, 0) - present;
    return present + absent === 0 ? [] : [{ reader, modality, cases, present, absent }];
  });
}

/** Numbers the distinct sets of cases; undefined where two of them share some cases only. */
function blocksOf(arms: readonly Arm[]): number[] | undefined {
  const found: Uint8Array[] = [];
  const own: number[] = [];
  for (const { cases } of arms) {
    let at = -1;
    for (const [k, block] of found.entries()) {
      let [shared, apart] = [false, false];
      for (let i = 0; i < cases.length; i++) {
        if (cases[i] === 1 && block[i] === 1) shared = true;
        else if (cases[i] !== block[i]) apart = true;
      }
      if (shared && apart) return undefined;
      if (shared) at = k;
    }
    own.push(at >= 0 ? at : found.push(cases) - 1);
  }
  return own;
}

const distinct = (values: readonly number[]): number => new Set(values).size;

function nameOf(
  arms: readonly Arm[],
  sizes: { readers: number; modalities: number },
): {
  readonly name: ReaderDesignName;
  readonly blocks: number;
} {
  const block = blocksOf(arms);
  if (!block) return { name: "with-gaps", blocks: 0 };
  const blocks = distinct(block);
  const of = (what: "reader" | "modality", which: number): number[] =>
    block.filter((_, i) => arms[i]![what] === which);
  const byReader = Array.from({ length: sizes.readers }, (_, r) => of("reader", r));
  const byModality = Array.from({ length: sizes.modalities }, (_, m) => of("modality", m));
  const oneEachModality = byModality.every((own) => distinct(own) === 1);
  const apart = blocks === byModality.reduce((sum, own) => sum + distinct(own), 0);
  if (arms.length === sizes.readers * sizes.modalities) {
    if (blocks === 1) return { name: "crossed", blocks };
    if (byReader.every((own) => distinct(own) === 1)) return { name: "split-plot", blocks };
    if (oneEachModality && apart) return { name: "cases-nested-in-modalities", blocks };
    return { name: "incomplete-blocks", blocks };
  }
  if (byReader.every((own) => own.length === 1)) {
    if (blocks === 1) return { name: "readers-nested-in-modalities", blocks };
    if (oneEachModality && apart) {
      return { name: "readers-and-cases-nested-in-modalities", blocks };
    }
    return { name: "incomplete-blocks", blocks };
  }
  return { name: "with-gaps", blocks };
}

/**
 * The design of a study, or of some of its modalities.
 *
 * @param modalities which count; all by default
 * @throws InputError on an unknown modality, a case without truth, or a score given twice
 */
export function readerDesign(
  study: ReaderStudy,
  modalities: readonly string[] = modalitiesOf(study),
): ReaderDesign {
  const all = [...new Set(study.scores.map((s) => s.reader))];
  const arms = modalities.flatMap((m, i) => armsOf(tablesOf(study, m, all), i));
  const readers = [...new Set(arms.map((arm) => arm.reader))];
  const numbered = arms.map((arm) => ({ ...arm, reader: readers.indexOf(arm.reader) }));
  const { name, blocks } = nameOf(numbered, {
    readers: readers.length,
    modalities: modalities.length,
  });
  const extent = (of: (arm: Arm) => number): readonly [number, number] => {
    const counts = arms.map(of);
    return [Math.min(...counts), Math.max(...counts)];
  };
  const present = extent((arm) => arm.present);
  const absent = extent((arm) => arm.absent);
  const span = ([low, high]: readonly [number, number]) => (low === high ? low : `${low}–${high}`);
  const summary: Readonly<Record<ReaderDesignName, string>> = {
    crossed: "crossed",
    "split-plot": `split-plot: ${blocks} groups of readers, each with its own ${span(present)} present and ${span(absent)} absent cases`,
    "cases-nested-in-modalities": "readers crossed, cases nested in modalities",
    "readers-nested-in-modalities": "readers nested in modalities",
    "readers-and-cases-nested-in-modalities": "readers and cases nested in modalities",
    "incomplete-blocks": `incomplete blocks: ${blocks} sets of cases, each read whole or not at all`,
    "with-gaps": "a design with gaps",
  };
  return Object.freeze({
    name,
    blocks,
    casesPerReader: Object.freeze({ present, absent }),
    summary: summary[name],
  });
}
