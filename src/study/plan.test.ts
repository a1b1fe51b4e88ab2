import { expect, it } from "vitest";
import { openStudy } from "./open-study.ts";
import type { PlannedPiece } from "./piece.ts";
import { planStudy } from "./plan.ts";

const network = (images: number) => ({
  network: { name: "dncnn", options: { depth: 3, width: 4, batchNorm: false } },
  method: { name: "task-informed" },
  roles: { observer: { network: { name: "linear-observer" } } },
  images,
  steps: 2,
});

const description = {
  name: "test",
  seed: 3,
  task: {
    object: { name: "gaussian-field", options: { size: 16, sigma: 0.02 } },
    noise: { name: "gaussian", options: { sigma: 0.3 } },
    signal: { name: "disk", options: { radiusMm: 2, amplitude: 0.3 } },
  },
  cases: { test: 4, validation: 4, observerTraining: 4, chunk: 20 },
  // 30 of each class end in the middle of a chunk, 60 do not.
  networks: { few: network(60), many: network(120) },
  methods: {
    noisy: { kind: "noisy" },
    few: { kind: "network", network: "few" },
    many: { kind: "network", network: "many" },
  },
  observers: { npw: { kind: "trained", name: "npw" } },
  metrics: { rmse: { name: "rmse" } },
  statistics: { reference: "noisy" },
};

it("gives every network as many images as it asks for, whoever else reads some of them", async () => {
  const { roots } = planStudy(await openStudy(description));
  const trainings = new Set<PlannedPiece>();
  const visit = (piece: PlannedPiece): void => {
    if (piece.kind === "train-network") trainings.add(piece);
    Object.values(piece.depends).forEach(visit);
  };
  roots.forEach(visit);
  const images = [...trainings].map(({ depends }) =>
    Object.values(depends)
      .filter(({ label }) => label.startsWith("draw network-training"))
      .reduce((sum, { inputs }) => sum + (inputs as { cases: { count: number } }).cases.count, 0),
  );
  expect(images.sort((a, b) => a - b)).toEqual([60, 120]);
});
