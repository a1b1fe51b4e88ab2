/**
 * Does a 95 % interval hold the truth in 95 of 100 studies? Simulates studies whose truth is known and counts.
 * `npm run coverage:intervals` runs 2,000 studies per row and prints the table of docs/statistics.md;
 * the ordinary tests run 200.
 */
import { fileURLToPath } from "node:url";
import { type Stream, streamOf } from "../../src/core/random.ts";
import { normalCdf, normalQuantile } from "../../src/math/normal.ts";
import { aucDeLong, aucExact, aucLogit } from "../../src/stats/auc.ts";
import { aucBootstrap, compareBootstrap } from "../../src/stats/auc-bootstrap.ts";
import { binormalFit } from "../../src/stats/binormal.ts";
import { compareDeLong } from "../../src/stats/compare.ts";
import { choDetectability } from "../../src/stats/detectability.ts";
import { compareEroc, erocArea, lrocArea, utilitiesOf } from "../../src/stats/localisation.ts";
import { compareErocBootstrap, erocBootstrap } from "../../src/stats/localisation-bootstrap.ts";
import { gallasArea, gallasCompare } from "../../src/stats/mrmc-gallas.ts";
import { orhAnalysis } from "../../src/stats/mrmc-orh.ts";
import type { ReaderScore, ReaderStudy } from "../../src/stats/reader-study.ts";
import type { Interval } from "../../src/stats/result.ts";
import type { Scores } from "../../src/stats/scores.ts";

/** One simulated study: for each method whether its interval holds the truth; undefined when it gave none. */
export type Outcome = Readonly<Record<string, boolean | undefined>>;

export interface Scenario {
  readonly name: string;
  /** What the outcomes are: intervals that hold the truth, or tests that keep a true null hypothesis. */
  readonly kind: "interval" | "test";
  readonly run: (stream: Stream) => Outcome;
}

const bootstrapDraws = 1000;

const holds = (interval: Interval, truth: number): boolean | undefined =>
  Number.isNaN(interval.lower) ? undefined : interval.lower <= truth && truth <= interval.upper;

/** Separation of two unit normal distributions with a given area. */
const separationOf = (area: number) => Math.SQRT2 * normalQuantile(area);

function areaScenario(area: number, n1: number, n0: number): Scenario {
  const shift = separationOf(area);
  return {
    name: `AUC ${area}, ${n1} + ${n0} cases`,
    kind: "interval",
    run: (stream) => {
      const scores: Scores = {
        present: stream.normals(n1).map((v) => v + shift),
        absent: stream.normals(n0),
      };
      const boot = (kind: "bca" | "percentile") =>
        aucBootstrap(scores, {
          stream: stream.child("bootstrap"),
          replicates: bootstrapDraws,
          kind,
        });
      return {
        DeLong: holds(aucDeLong(scores).interval, area),
        logit: holds(aucLogit(scores).interval, area),
        exact: holds(aucExact(scores).interval, area),
        "bootstrap percentile": holds(boot("percentile").interval, area),
        "bootstrap BCa": holds(boot("bca").interval, area),
        binormal: holds(binormalFit(scores).interval, area),
      };
    },
  };
}

/** Five-point ratings: the area of the ratings themselves, ties half, is the truth. */
function ratingScenario(): Scenario {
  const cuts = [-0.5, 0.3, 0.9, 1.6];
  const shift = 1.2;
  const rate = (v: number) => cuts.filter((c) => v > c).length;
  const share = (k: number, d: number) =>
    normalCdf((cuts[k] ?? Infinity) - d) - normalCdf((cuts[k - 1] ?? -Infinity) - d);
  let truth = 0;
  for (let a = 0; a <= 4; a++) {
    for (let b = 0; b <= a; b++) truth += share(a, shift) * share(b, 0) * (a === b ? 0.5 : 1);
  }
  return {
    name: `ratings 1–5, AUC ${truth.toFixed(3)}, 60 + 60 cases`,
    kind: "interval",
    run: (stream) => {
      const scores: Scores = {
        present: stream.normals(60).map((v) => rate(v + shift)),
        absent: stream.normals(60).map(rate),
      };
      return {
        DeLong: holds(aucDeLong(scores).interval, truth),
        logit: holds(aucLogit(scores).interval, truth),
        exact: holds(aucExact(scores).interval, truth),
        "bootstrap BCa": holds(
          aucBootstrap(scores, { stream: stream.child("bootstrap"), replicates: bootstrapDraws })
            .interval,
          truth,
        ),
      };
    },
  };
}

/** Scores 0 and 1, as a detector with one threshold gives them: most pairs are tied. */
function binaryScenario(tpf: number, fpf: number, n: number): Scenario {
  const truth = (1 + tpf - fpf) / 2;
  return {
    name: `binary scores, AUC ${truth.toFixed(2)}, ${n} + ${n} cases`,
    kind: "interval",
    run: (stream) => {
      const draw = (p: number) => Array.from({ length: n }, () => +(stream.uniform() < p));
      const scores: Scores = { present: draw(tpf), absent: draw(fpf) };
      return {
        DeLong: holds(aucDeLong(scores).interval, truth),
        logit: holds(aucLogit(scores).interval, truth),
        exact: holds(aucExact(scores).interval, truth),
        "bootstrap BCa": holds(
          aucBootstrap(scores, { stream: stream.child("bootstrap"), replicates: bootstrapDraws })
            .interval,
          truth,
        ),
      };
    },
  };
}

function pairScenario(areas: readonly [number, number], n: number, common: number): Scenario {
  const truth = areas[0] - areas[1];
  return {
    name: `difference ${areas[0]} − ${areas[1]}, ${n} + ${n} cases, score correlation ${common}`,
    kind: "interval",
    run: (stream) => {
      const a = { present: new Float64Array(n), absent: new Float64Array(n) };
      const b = { present: new Float64Array(n), absent: new Float64Array(n) };
      const own = Math.sqrt(1 - common);
      for (const what of ["present", "absent"] as const) {
        for (let i = 0; i < n; i++) {
          const c = Math.sqrt(common) * stream.normal();
          const lift = what === "present" ? 1 : 0;
          a[what][i] = c + own * stream.normal() + lift * separationOf(areas[0]);
          b[what][i] = c + own * stream.normal() + lift * separationOf(areas[1]);
        }
      }
      return {
        DeLong: holds(compareDeLong(a, b).interval, truth),
        "bootstrap BCa": holds(
          compareBootstrap(a, b, { stream: stream.child("bootstrap"), replicates: bootstrapDraws })
            .interval,
          truth,
        ),
      };
    },
  };
}

function choScenario(dPrime: number, n: number, channels: number): Scenario {
  return {
    name: `CHO d′ ${dPrime}, ${n} + ${n} images, ${channels} channels`,
    kind: "interval",
    run: (stream) => {
      const present = stream.normals(n * channels);
      for (let r = 0; r < n; r++) present[r * channels] = present[r * channels]! + dPrime;
      const outputs = { present, absent: stream.normals(n * channels), channels };
      return { exact: holds(choDetectability(outputs).interval, dPrime) };
    },
  };
}

function lrocScenario(): Scenario {
  const truth = 0.7 * normalCdf(1.2 / Math.SQRT2);
  return {
    name: `LROC area ${truth.toFixed(3)}, 50 + 50 cases`,
    kind: "interval",
    run: (stream) => {
      const present = stream.normals(50).map((v) => v + 1.2);
      const located = Array.from(present, () => stream.uniform() < 0.7);
      return {
        "U-statistic": holds(
          lrocArea({ present, absent: stream.normals(50), located }).interval,
          truth,
        ),
      };
    },
  };
}

/** LROC areas near 1, and few cases: where a symmetric interval falls short. */
function highLrocScenario(): Scenario {
  const shift = separationOf(0.97);
  const truth = 0.95 * 0.97;
  return {
    name: `LROC area ${truth.toFixed(3)}, 40 + 40 cases`,
    kind: "interval",
    run: (stream) => {
      const present = stream.normals(40).map((v) => v + shift);
      const located = Array.from(present, () => stream.uniform() < 0.95);
      const scores = { present, absent: stream.normals(40), located };
      const area = lrocArea(scores);
      const half = 1.959964 * area.standardError;
      const boot = erocBootstrap(utilitiesOf(scores), {
        stream: stream.child("bootstrap"),
        replicates: bootstrapDraws,
      });
      return {
        "U-statistic": holds(area.interval, truth),
        "U-statistic, symmetric": Math.abs(area.estimate - truth) <= half,
        "bootstrap BCa": holds(boot.interval, truth),
      };
    },
  };
}

interface SearchPair {
  readonly name: string;
  readonly n: number;
  readonly shifts: readonly [number, number];
  /** Utility of a present case in an arm, from its score and a uniform number that both arms share. */
  readonly utility: (arm: number, score: number, luck: number) => number;
  /** Areas of the arms. */
  readonly truths: readonly [number, number];
}

/** Two arms on the same cases, half of whose scores' variance is common. */
function searchPairScenario(pair: SearchPair): Scenario {
  const truth = pair.truths[0] - pair.truths[1];
  return {
    name: `${pair.name} difference ${pair.truths.map((v) => v.toFixed(3)).join(" − ")}, ${pair.n} + ${pair.n} cases`,
    kind: "interval",
    run: (stream) => {
      const common = { present: stream.normals(pair.n), absent: stream.normals(pair.n) };
      const luck = Array.from({ length: pair.n }, () => stream.uniform());
      const arms = pair.shifts.map((shift, arm) => {
        const draw = (what: "present" | "absent") =>
          common[what].map((c) => Math.SQRT1_2 * (c + stream.normal()));
        const present = draw("present").map((v) => v + shift);
        const utilities = present.map((v, i) => pair.utility(arm, v, luck[i]!));
        return { present, absent: draw("absent"), utilities };
      });
      const boot = compareErocBootstrap(arms[0]!, arms[1]!, {
        stream: stream.child("bootstrap"),
        replicates: bootstrapDraws,
      });
      return {
        "U-statistic": holds(compareEroc(arms[0]!, arms[1]!).interval, truth),
        "bootstrap BCa": holds(boot.interval, truth),
        "U-statistic of the first area": holds(erocArea(arms[0]!).interval, pair.truths[0]),
      };
    },
  };
}

const logistic = (v: number) => 1 / (1 + Math.exp(-v));

/** ∫ u(t) Φ(t) φ(t − shift) dt by the rectangle rule, which is exact to rounding for smooth integrands on the line. */
function erocTruth(shift: number, utility: (t: number) => number): number {
  let sum = 0;
  for (let t = shift - 10; t <= shift + 10; t += 0.01) {
    sum += utility(t) * normalCdf(t) * Math.exp(-((t - shift) ** 2) / 2) * 0.01;
  }
  return sum / Math.sqrt(2 * Math.PI);
}

interface RoeMetz {
  readonly readers: number;
  readonly n: number;
  readonly shift: number;
  /** Variances: case, modality × case, reader × case, rest; reader (and modality × reader) per truth. */
  readonly cases: readonly [number, number, number, number];
  readonly reader: number;
  readonly read?: (reader: number, modality: number, k: number) => boolean;
}

/** Scores after Roe and Metz's model, no difference between the modalities. */
export function roeMetzStudy(stream: Stream, model: RoeMetz): ReaderStudy {
  const truth = new Map<string, boolean>();
  const scores: ReaderScore[] = [];
  const total = 2 * model.n;
  const sd = model.cases.map(Math.sqrt) as [number, number, number, number];
  const readerSd = Math.sqrt(model.reader);
  for (let k = 0; k < total; k++) truth.set(`c${k}`, k % 2 === 1);
  const c = stream.normals(total);
  const tc = [stream.normals(total), stream.normals(total)];
  for (let r = 0; r < model.readers; r++) {
    const own = stream.normals(2);
    const rc = stream.normals(total);
    for (let m = 0; m < 2; m++) {
      const interaction = stream.normals(2);
      for (let k = 0; k < total; k++) {
        const rest = stream.normal();
        if (model.read && !model.read(r, m, k)) continue;
        const t = k % 2;
        scores.push({
          reader: `r${r}`,
          modality: `m${m}`,
          caseId: `c${k}`,
          score:
            t * model.shift +
            readerSd * (own[t]! + interaction[t]!) +
            sd[0] * c[k]! +
            sd[1] * tc[m]![k]! +
            sd[2] * rc[k]! +
            sd[3] * rest,
        });
      }
    }
  }
  return { truth, scores };
}

function mrmcScenario(name: string, model: RoeMetz, crossed: boolean): Scenario {
  return {
    name,
    kind: "test",
    run: (stream) => {
      const study = roeMetzStudy(stream, model);
      const keeps = (p: number) => (Number.isNaN(p) ? undefined : p > 0.05);
      return {
        "U-statistics": keeps(gallasCompare(study, ["m0", "m1"]).pValue),
        ...(crossed ? { "Obuchowski-Rockette-Hillis": keeps(orhAnalysis(study).test.pValue) } : {}),
      };
    },
  };
}

function mrmcArea(model: RoeMetz): Scenario {
  // Expected area over readers: variance of a score difference is 2 + 4 reader terms.
  const truth = normalCdf(model.shift / Math.sqrt(2 + 4 * model.reader));
  return {
    name: `one modality, ${model.readers} readers, ${model.n} + ${model.n} cases, AUC ${truth.toFixed(3)}`,
    kind: "interval",
    run: (stream) => {
      const study = roeMetzStudy(stream, model);
      return {
        "U-statistics": holds(gallasArea(study, "m0").interval, truth),
        "Obuchowski-Rockette-Hillis": holds(orhAnalysis(study).estimates[0]!.interval, truth),
      };
    },
  };
}

const high: RoeMetz["cases"] = [0.3, 0.3, 0.2, 0.2];
const low: RoeMetz["cases"] = [0.1, 0.1, 0.2, 0.6];

export const scenarios: readonly Scenario[] = [
  areaScenario(0.75, 40, 60),
  areaScenario(0.9, 50, 50),
  areaScenario(0.95, 25, 25),
  ratingScenario(),
  binaryScenario(0.7, 0.2, 50),
  binaryScenario(0.9, 0.1, 40),
  pairScenario([0.85, 0.85], 60, 0.5),
  pairScenario([0.9, 0.8], 60, 0.7),
  choScenario(1.5, 30, 10),
  choScenario(0.5, 60, 4),
  choScenario(2.5, 100, 40),
  lrocScenario(),
  highLrocScenario(),
  searchPairScenario({
    name: "LROC",
    n: 60,
    shifts: [1.5, 1.1],
    utility: (arm, _score, luck) => (luck < [0.85, 0.7][arm]! ? 1 : 0),
    truths: [0.85 * normalCdf(1.5 / Math.SQRT2), 0.7 * normalCdf(1.1 / Math.SQRT2)],
  }),
  searchPairScenario({
    name: "EROC",
    n: 60,
    shifts: [1.5, 1.1],
    utility: (_arm, score) => logistic(score),
    truths: [erocTruth(1.5, logistic), erocTruth(1.1, logistic)],
  }),
  mrmcArea({ readers: 5, n: 40, shift: 1.5, cases: high, reader: 0.03 }),
  mrmcScenario(
    "null, crossed, 5 readers, 50 + 50 cases, correlated, readers differ",
    { readers: 5, n: 50, shift: 1.5, cases: high, reader: 0.03 },
    true,
  ),
  mrmcScenario(
    "null, crossed, 3 readers, 25 + 25 cases, little correlation, readers alike",
    { readers: 3, n: 25, shift: 0.75, cases: low, reader: 0.0055 },
    true,
  ),
  mrmcScenario(
    "null, crossed, 8 readers, 40 + 40 cases, AUC 0.96",
    { readers: 8, n: 40, shift: 2.5, cases: low, reader: 0.0055 },
    true,
  ),
  mrmcScenario(
    "null, split-plot, 6 readers in 2 groups, 30 + 30 cases each",
    {
      readers: 6,
      n: 60,
      shift: 1.5,
      cases: high,
      reader: 0.03,
      read: (r, _m, k) => k % 4 < 2 === r < 3,
    },
    true,
  ),
  mrmcScenario(
    "null, incomplete, 6 readers, each case read by two thirds",
    {
      readers: 6,
      n: 50,
      shift: 1.5,
      cases: high,
      reader: 0.03,
      read: (r, _m, k) => (r + (k >> 1)) % 3 > 0,
    },
    false,
  ),
];

export interface CoverageRow {
  readonly scenario: string;
  readonly kind: Scenario["kind"];
  readonly method: string;
  /** Studies in which the method gave an interval or a p value. */
  readonly studies: number;
  readonly hits: number;
}

/** Runs a scenario many times; study k draws from its own stream. */
export function coverageOf(scenario: Scenario, studies: number, seed = 20_260): CoverageRow[] {
  const counts = new Map<string, { studies: number; hits: number }>();
  for (let k = 0; k < studies; k++) {
    const outcome = scenario.run(streamOf(seed, scenario.name, k));
    for (const [method, held] of Object.entries(outcome)) {
      const row = counts.get(method) ?? { studies: 0, hits: 0 };
      counts.set(method, row);
      if (held === undefined) continue;
      row.studies++;
      if (held) row.hits++;
    }
  }
  return [...counts].map(([method, row]) => ({
    scenario: scenario.name,
    kind: scenario.kind,
    method,
    ...row,
  }));
}

function main(): void {
  const studies = Number(process.argv[2] ?? 2000);
  const only = process.argv[3];
  console.log("| study | method | studies | holds | in 93–97 % |");
  console.log("|---|---|---|---|---|");
  for (const scenario of scenarios) {
    if (only && !scenario.name.includes(only)) continue;
    for (const row of coverageOf(scenario, studies)) {
      const share = row.hits / row.studies;
      const inside = share >= 0.93 && share <= 0.97 ? "yes" : share > 0.97 ? "**wider**" : "**no**";
      console.log(
        `| ${row.scenario} | ${row.method} | ${row.studies} | ${(100 * share).toFixed(1)} % | ${inside} |`,
      );
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
