/**
 * Every recipe of the folder: its sizes parse, every name in it resolves, every claim finds its numbers,
 * and `smoke` runs to its end in a store of its own, with outcomes for all claims.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/index.ts";
import {
  assembleReport,
  executeRun,
  parseStudy,
  pieceReader,
  planStudy,
  readStudy,
  readStudyFile,
} from "../../src/study/index.ts";

const folder = fileURLToPath(new URL("../../recipes/", import.meta.url));
const bibliography = readFileSync(
  fileURLToPath(new URL("../../docs/references.bib", import.meta.url)),
  "utf8",
);
const recipes = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const sizes = ["smoke", "quick", "full"] as const;

describe.each(recipes)("recipe %s", (file) => {
  const read = async (size: string) => readStudy(await readStudyFile(join(folder, file)), { size });

  it.each(sizes)("has size %s, and every name in it resolves", async (size) => {
    const study = await read(size);
    expect(file).toBe(`${study.name}.yaml`);
    expect(parseStudy(JSON.parse(JSON.stringify(study)))).toEqual(study);
    expect(bibliography).toContain(`{${study.paper!},`);
    const plan = await planStudy(study);
    expect(plan.roots.length).toBeGreaterThan(0);
    for (const claim of study.claims) {
      if (claim.kind === "not attempted") continue;
      const named = claim.kind === "rises" ? claim.methods : [claim.method];
      const all = "reference" in claim ? [...named, claim.reference] : named;
      const [measure = ""] = claim.measure.split("@");
      for (const method of all) {
        expect(plan.images, claim.claim).toHaveProperty([method]);
        if (measure.startsWith("auc:")) {
          expect(plan.scores, claim.claim).toHaveProperty([measure.slice(4), method]);
        } else expect(study.metrics, claim.claim).toHaveProperty([measure]);
      }
    }
  });

  it("runs its smoke size and compares every claim", { timeout: 600_000 }, async () => {
    const study = await read("smoke");
    const place = await mkdtemp(join(tmpdir(), "dprime-recipe-"));
    const store = await openStore(join(place, "store.sqlite"));
    try {
      const { roots } = await planStudy(study);
      const description = JSON.parse(JSON.stringify(study)) as never;
      const run = await executeRun(
        { study: study.name, description, roots },
        { store, workers: 2 },
      );
      expect(run.status).toBe("done");
      const report = await assembleReport(study, pieceReader(store));
      expect(report.claims).toHaveLength(study.claims.length);
      for (const { claim, status, found, why } of report.claims ?? []) {
        expect(["reproduced", "deviates", "not attempted"], claim).toContain(status);
        if (status !== "not attempted") expect(Number.isFinite(found), claim).toBe(true);
        expect(why.length, claim).toBeGreaterThan(0);
      }
      // Tables hold numbers, or an empty cell on purpose: never NaN.
      for (const table of report.sections.flatMap((section) => section.tables ?? [])) {
        expect(table.rows.length, table.name).toBeGreaterThan(0);
        for (const cell of table.rows.flat()) {
          if (typeof cell === "number") expect(Number.isNaN(cell), table.name).toBe(false);
        }
      }
    } finally {
      await store.dispose();
      await rm(place, { recursive: true });
    }
  });
});
