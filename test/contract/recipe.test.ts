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
  openStudy,
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
    const { description } = study;
    expect(file).toBe(`${description.name}.yaml`);
    const again = await openStudy(JSON.parse(JSON.stringify(description)));
    expect(again.description).toEqual(description);
    expect(bibliography).toContain(`{${description.paper!},`);
    const plan = planStudy(study);
    expect(plan.roots.length).toBeGreaterThan(0);
    for (const claim of description.claims) {
      if (claim.kind === "not attempted") continue;
      const named = claim.kind === "rises" ? claim.methods : [claim.method];
      const all = "reference" in claim ? [...named, claim.reference] : named;
      const [measure = ""] = claim.measure.split("@");
      for (const method of all) {
        expect(plan.images, claim.claim).toHaveProperty([method]);
        if (measure.startsWith("auc:")) {
          expect(plan.answers, claim.claim).toHaveProperty([measure.slice(4), method]);
        } else expect(description.metrics, claim.claim).toHaveProperty([measure]);
      }
    }
  });

  it("runs its smoke size and compares every claim", { timeout: 600_000 }, async () => {
    const study = await read("smoke");
    const place = await mkdtemp(join(tmpdir(), "dprime-recipe-"));
    const store = await openStore(join(place, "store.sqlite"));
    try {
      const { description } = study;
      const plan = planStudy(study);
      const run = await executeRun(
        { study: description.name, description, roots: plan.roots },
        { store, workers: 2 },
      );
      expect(run.status).toBe("done");
      const report = await assembleReport(plan, pieceReader(store));
      expect(report.claims).toHaveLength(description.claims.length);
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
