/** Reader studies from the shell. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { streamOf } from "../../src/core/random.ts";
import {
  formatImrmc,
  gallasCompare,
  orhAnalysis,
  type ReaderStudy,
  testNonInferiority,
} from "../../src/stats/index.ts";
import { buildOnce, dprime, newFolder } from "./dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 120_000 });

/** Five readers on two versions of 40 + 40 cases; the second version loses a little. */
function crossed(): ReaderStudy {
  const stream = streamOf(8, "readers");
  const truth = new Map<string, boolean>();
  const scores: { reader: string; modality: string; caseId: string; score: number }[] = [];
  for (let k = 0; k < 80; k++) {
    const caseId = `c${k}`;
    truth.set(caseId, k % 2 === 0);
    const difficulty = stream.normal();
    for (const [modality, signal] of [
      ["full", 1.6],
      ["half", 1.4],
      ["tenth", 0.4],
    ] as const) {
      for (let r = 0; r < 5; r++) {
        const score = (k % 2 === 0 ? signal : 0) + 0.7 * difficulty + stream.normal() + 0.1 * r;
        scores.push({ reader: `r${r}`, modality, caseId, score: Number(score.toFixed(6)) });
      }
    }
  }
  return { truth, scores };
}

const study = crossed();
let folder = "";
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  buildOnce();
  folder = newFolder("mrmc");
  writeFileSync(path("study.imrmc"), formatImrmc(study));
  const gaps = study.scores.filter((s, i) => s.modality === "full" || i % 3 !== 0);
  writeFileSync(path("gaps.imrmc"), formatImrmc({ ...study, scores: gaps }));
  const single = study.scores.filter((s) => s.reader === "r0");
  writeFileSync(path("single.imrmc"), formatImrmc({ ...study, scores: single }));
  // Readers r0 and r1 read the first half of the cases, r2 and r3 the second.
  const plots = study.scores.filter(({ reader, caseId }) => {
    const half = Number(caseId.slice(1)) < 40;
    return reader !== "r4" && half === (reader === "r0" || reader === "r1");
  });
  writeFileSync(path("split.imrmc"), formatImrmc({ ...study, scores: plots }));
  const nested = study.scores.filter(({ reader, modality }) =>
    ["r0", "r1"].includes(reader) ? modality === "full" : modality === "half" && reader !== "r4",
  );
  writeFileSync(path("nested.imrmc"), formatImrmc({ ...study, scores: nested }));
  writeFileSync(path("bad.imrmc"), "N0: 1\nBEGIN DATA:\n-1,a,0,2\n");
});

interface Found {
  readonly design: string;
  readonly components?: { readonly cov2: number };
  readonly differences: readonly {
    readonly by: string;
    readonly modalities: readonly string[];
    readonly estimate: number;
    readonly standardError: number;
    readonly pValue: number;
    readonly adjusted: number;
    readonly nonInferior?: { readonly holds: boolean; readonly pValue: number };
  }[];
  readonly plan?: {
    readonly rows: readonly { readonly readers: number; readonly power: number }[];
  };
}

const json = (words: readonly string[]): Found => {
  const { code, out, err } = dprime(["mrmc", ...words, "--json", "--quiet"]);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Found;
};

describe("dprime mrmc", () => {
  it("prints areas and differences of every pair by both analyses, as the library has them", () => {
    const found = json([path("study.imrmc")]);
    expect(found.design).toBe("crossed");
    expect(found.differences).toHaveLength(6);
    for (const one of found.differences) {
      const [first, second] = one.modalities as [string, string];
      const modalities = [first, second] as const;
      if (one.by === "ORH") {
        // All three modalities share the components, so the pair is looked up in the whole analysis.
        const whole = orhAnalysis(study, { modalities: ["full", "half", "tenth"] });
        const same = whole.differences.find((d) => d.modalities.join() === modalities.join())!;
        expect(one.estimate).toBeCloseTo(same.estimate, 12);
        expect(one.pValue).toBeCloseTo(same.pValue, 12);
      } else {
        const same = gallasCompare(study, modalities);
        expect(one.standardError).toBeCloseTo(same.standardError, 12);
        expect(one.pValue).toBeCloseTo(same.pValue, 12);
      }
      expect(one.adjusted).toBeGreaterThanOrEqual(one.pValue);
    }
    const { out } = dprime(["mrmc", path("study.imrmc")]);
    expect(out).toContain("5 readers, 40 present and 40 absent cases, crossed");
    expect(out).toContain("full − tenth");
  });

  it("tests against a margin, in the order that is asked for", () => {
    const words = ["--modality", "half", "--modality", "full", "--margin", "0.1"];
    const found = json([path("study.imrmc"), ...words]);
    const [one] = found.differences.filter(({ by }) => by === "U-statistics");
    const wanted = testNonInferiority(gallasCompare(study, ["half", "full"]), { margin: 0.1 });
    expect(one!.nonInferior!.pValue).toBeCloseTo(wanted.pValue, 12);
    const { out } = dprime(["mrmc", path("study.imrmc"), ...words]);
    expect(out).toContain("inferior");
    expect(out).toContain(wanted.holds ? "yes (p" : "no (p");
  });

  it("plans the next study: more readers, fewer cases", () => {
    const { plan } = json([path("study.imrmc"), "--plan", "0.1", "--power", "0.9"]);
    expect(plan!.rows.length).toBeGreaterThan(2);
    for (const { power } of plan!.rows) expect(power).toBeGreaterThanOrEqual(0.9);
  });

  it("analyses a design with gaps by U-statistics alone, and says so", () => {
    const { code, out, err } = dprime(["mrmc", path("gaps.imrmc")]);
    expect(code, err).toBe(0);
    expect(out).toContain("a design with gaps");
    expect(out).not.toContain("ORH");
    expect(err).toContain("no analysis of Obuchowski, Rockette and Hillis");
  });

  it("finds a split plot, analyses it in both ways, and plans from what its readers share", () => {
    const found = json([path("split.imrmc"), "--plan", "0.1"]);
    expect(found.design).toBe(
      "split-plot: 2 groups of readers, each with its own 20 present and 20 absent cases",
    );
    expect(found.differences.map(({ by }) => by)).toContain("ORH");
    const whole = json([path("study.imrmc"), "--plan", "0.1"]);
    // Covariances of readers who share their cases: those of 40 cases are about twice those of 80.
    const ratio = found.components!.cov2 / whole.components!.cov2;
    expect(ratio).toBeGreaterThan(1);
    expect(found.plan!.rows.length).toBeGreaterThan(2);
    expect(dprime(["mrmc", path("split.imrmc")]).out).toContain("split-plot: 2 groups");
    const one = json([path("split.imrmc"), "--modality", "full"]);
    expect(one.design).toContain("one modality, split-plot");
  });

  it("says what a single reader can and cannot show", () => {
    const { code, err } = dprime(["mrmc", path("single.imrmc")]);
    expect(code, err).toBe(0);
    expect(err).toContain("too-few-readers");
  });

  it.each([
    [["missing.imrmc"], "found no file that can be read"],
    [["bad.imrmc"], 'found truth "2", wanted 0 or 1'],
    [["study.imrmc", "--modality", "none"], "wanted one of full, half, tenth"],
    [["study.imrmc", "--modality", "full", "--modality", "full"], "full"],
    [["study.imrmc", "--margin", "0"], "margin"],
    [["single.imrmc", "--plan", "0.05"], "found one reader"],
    [["gaps.imrmc", "--plan", "0.05"], "without variance components"],
    [["nested.imrmc", "--plan", "0.05"], "found readers nested in modalities"],
    [["study.imrmc", "--plan", "0.0001"], "wanted a larger difference"],
  ])("refuses %j in one line", ([name, ...words], wanted) => {
    const { code, err, out } = dprime(["mrmc", path(name!), ...words, "--quiet"]);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain(wanted);
  });
});
