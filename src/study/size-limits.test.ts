import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openStudy } from "./open-study.ts";
import type { GraphPiece } from "./piece-graph.ts";
import { planStudy } from "./plan.ts";
import { bytesText, checkMachine, machineMemory } from "./size-limits.ts";

function piece(label: string, cost: { memory?: number; stored?: number }): GraphPiece {
  const rest = {
    kind: "k",
    inputs: null,
    depends: {},
    dependents: [],
    weight: 1,
    chain: 0,
    order: 0,
  };
  return { key: label, label, memory: 0, stored: 0, ...rest, ...cost };
}

const place = join(tmpdir(), "store.sqlite");

it("refuses what no memory or disk holds, with an estimate and what would help", async () => {
  const options = { label: "a study", place, memory: 8e9 };
  await checkMachine([piece("small", { memory: 8e9, stored: 1000 })], options);
  await expect(checkMachine([piece("big", { memory: 9e9 })], options)).rejects.toThrow(
    'Cannot run a study: found that "big" has to hold at least 9.0 GB at once, wanted at most the 8.0 GB of this machine',
  );
  const many = Array.from({ length: 10 }, (_, i) => piece(`p${i}`, { stored: 1e17 }));
  await expect(checkMachine(many, options)).rejects.toThrow(
    /its results take about 1000 PB, wanted at most the .* that are free at/,
  );
  // Of a server nothing is known.
  await checkMachine(many, { ...options, place: "postgres://host/database" });
  expect(machineMemory()).toBeGreaterThan(1e8);
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "1.5 kB"],
  [12_345_678, "12 MB"],
  [281_474_976_710_656, "281 TB"],
])("writes %d bytes as %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it("refuses to plan more pieces than can be kept in order, at once", async () => {
  const study = await openStudy({
    name: "huge",
    task: {
      kind: "restoration",
      object: { name: "lumpy", options: { size: 16 } },
      noise: { name: "gaussian" },
    },
    cases: { test: 1e9 },
    methods: { noisy: { kind: "noisy" } },
    metrics: { rmse: { name: "rmse" } },
    statistics: { reference: "noisy" },
  });
  const started = performance.now();
  expect(() => planStudy(study)).toThrow(
    /found about 40,000,008 pieces of work, wanted at most 200,000; make them larger by cases.chunk \(now 50\)/,
  );
  expect(performance.now() - started).toBeLessThan(1000);
});
