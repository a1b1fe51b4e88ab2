/** Networks of a study that learn by any training method: starts, observers that learn along, what is refused. */
import { afterAll, describe, expect, it, vi } from "vitest";
import { endIdleWorkers } from "../parallel/node.ts";
import { assembleReport } from "./assemble.ts";
import { executeRun, pieceReader } from "./execute.ts";
import { memoryStore } from "./memory-store.fixture.ts";
import { decodeNetwork } from "./network-file.ts";
import { gatherNumbers } from "./numbers.ts";
import { openStudy } from "./open-study.ts";
import { planStudy } from "./plan.ts";

vi.setConfig({ testTimeout: 240_000 });
afterAll(endIdleWorkers);

const dncnn = { name: "dncnn", options: { depth: 3, width: 4, batchNorm: false } };
const common = { network: dncnn, images: 40, steps: 60, batch: 8, rate: 0.003 };
const linear = { network: { name: "linear-observer" }, rate: 0.01 };
const informed = (task: number) => ({ name: "task-informed", options: { task } });
const observer = { kind: "observer", name: "npw", images: 20 };

const description = {
  name: "test",
  seed: 3,
  task: {
    object: { name: "gaussian-field", options: { size: 16, sigma: 0.02 } },
    noise: { name: "gaussian", options: { sigma: 0.3 } },
    signal: { name: "disk", options: { radiusMm: 2, amplitude: 0.3 } },
    others: { faint: { name: "disk", options: { radiusMm: 2, amplitude: 0.1 } } },
  },
  cases: { test: 60, validation: 4, observerTraining: 40, chunk: 20 },
  templates: { matched: observer },
  networks: {
    plain: { ...common, classes: ["absent", "present"] },
    still: {
      ...common,
      method: informed(0),
      roles: { denoiser: { from: "plain", rate: 1e-12 }, observer: linear },
      classes: ["absent", "present"],
      keep: "last",
    },
    informed: {
      ...common,
      method: informed(0.01),
      roles: { denoiser: { from: "plain" }, observer: { template: "matched", rate: 1e-12 } },
      classes: ["absent", "present"],
      keep: "last",
    },
    again: {
      ...common,
      steps: 1,
      method: informed(0.01),
      roles: {
        denoiser: { from: "informed", rate: 1e-12 },
        observer: { from: "informed", part: "observer", rate: 1e-12 },
      },
      classes: ["absent", "present"],
      keep: "last",
    },
  },
  methods: {
    noisy: { kind: "noisy" },
    plain: { kind: "network", network: "plain" },
    still: { kind: "network", network: "still", at: { lambda: 0 } },
    informed: { kind: "network", network: "informed", at: { lambda: 0.01 } },
  },
  observers: {
    "co-trained": { kind: "co-trained" },
    npw: { kind: "trained", name: "npw" },
    "npw-faint": { kind: "trained", name: "npw", present: "faint" },
  },
  metrics: { rmse: { name: "rmse" } },
  statistics: { reference: "noisy" },
  tradeOffs: {
    plot: {
      metric: "rmse",
      observer: "npw",
      curves: { own: ["still", "informed"], plain: ["plain"] },
    },
  },
  matrices: {
    signals: {
      methods: ["plain", "informed"],
      observers: ["npw", "npw-faint"],
      reference: "plain",
    },
  },
  changes: {
    steps: {
      measures: ["rmse", "auc:npw"],
      settings: ["trained", "informed"],
      rows: { own: { reference: "noisy", methods: ["plain", "informed"] } },
    },
  },
  claims: [
    {
      kind: "differs",
      claim: "lower",
      figure: "1",
      measure: "rmse",
      method: "plain",
      reference: "noisy",
      way: "below",
    },
    {
      kind: "differs",
      claim: "higher",
      figure: "1",
      measure: "rmse",
      method: "plain",
      reference: "noisy",
      way: "above",
    },
    {
      kind: "differs",
      claim: "no place",
      figure: "1",
      measure: "auc:npw",
      method: "plain",
      reference: "noisy",
      way: "within",
      by: 1,
    },
  ],
};

async function run() {
  const study = await openStudy(description);
  const plan = planStudy(study);
  const store = memoryStore();
  await executeRun(
    { study: "test", description: study.description, roots: plan.roots },
    { store, workers: 2 },
  );
  const read = pieceReader(store);
  return {
    plan,
    read,
    numbers: await gatherNumbers(plan, read),
    report: await assembleReport(plan, read),
  };
}

const done = run();

describe("networks of a study", () => {
  it("start from another's weights, and its observer from the observer's", async () => {
    const { plan, read } = await done;
    const network = async (id: string, part = "network") =>
      decodeNetwork(await read.blob(plan.networks[id]!, part));
    const [plain, still, informedBy, again] = await Promise.all(
      ["plain", "still", "informed", "again"].map((id) => network(id)),
    );
    const apart = (a: typeof plain, b: typeof plain) =>
      Math.max(
        ...[...a!.weights].flatMap(([name, own]) =>
          Array.from(own, (v, i) => Math.abs(v - b!.weights.get(name)![i]!)),
        ),
      );
    // A rate of 1e-12 leaves every weight where it began.
    expect(apart(plain, still)).toBeLessThan(1e-6);
    expect(apart(informedBy, again)).toBeLessThan(1e-6);
    expect(apart(plain, informedBy)).toBeGreaterThan(1e-3);
    const parts = await Promise.all(
      ["informed", "again"].map((id) => network(id, "network observer")),
    );
    expect(apart(parts[0]!, parts[1]!)).toBeLessThan(1e-6);
    expect(parts[0]!.network.name).toBe("linear-observer");
  });

  it("begin a linear observer as the logarithm of the odds of a template", async () => {
    const { plan, read } = await done;
    const bytes = await read.blob(plan.networks["informed"]!, "network observer");
    const { weights } = await decodeNetwork(bytes);
    const rows = new Float64Array(
      new Uint8Array(await read.blob(plan.templates["matched"]!, "rows")).buffer,
    );
    const own = weights.get("weight")!;
    const gain = own[8 * 16 + 8]! / rows[8 * 16 + 8]!;
    for (let i = 0; i < rows.length; i++) expect(own[i]!).toBeCloseTo(gain * rows[i]!, 4);
    // The disk of 13 pixels: d′ = √13 · 0.3/0.3, and the score of the mean signal is d′² when the template is exact;
    // noise of 20 training images a class makes it less.
    expect(gain).toBeGreaterThan(0);
    expect(weights.get("bias")!).toHaveLength(1);
  });

  it("are judged by the observer that learned along, where there is one", async () => {
    const { numbers, report } = await done;
    const area = numbers.valueOf("informed", "auc:co-trained")!;
    // The matched template's own area on white noise: Φ(√13/√2) = 0.995.
    expect(area).toBeGreaterThan(0.85);
    expect(numbers.valueOf("plain", "auc:co-trained")).toBeUndefined();
    expect(JSON.stringify(report.sections)).toContain("no network that learned with a observer");
  });

  it("are looked at for other signals by observers that learn those alone", async () => {
    const { numbers } = await done;
    const [strong, faint] = ["npw", "npw-faint"].map((o) => numbers.valueOf("noisy", `auc:${o}`)!);
    expect(strong).toBeGreaterThan(faint! + 0.1);
  });

  it("compare by paired intervals in claims, matrices and on the trade-off plot", async () => {
    const { report, numbers } = await done;
    expect(report.claims!.map(({ status }) => status)).toEqual([
      "reproduced",
      "deviates",
      "reproduced",
    ]);
    const measure = { method: "plain", reference: "noisy", measure: "rmse" };
    const found = numbers.difference(measure)!;
    expect(found.estimate).toBeCloseTo(
      numbers.valueOf("plain", "rmse")! - numbers.valueOf("noisy", "rmse")!,
      10,
    );
    expect(found.lower).toBeLessThan(found.estimate);
    const headings = report.sections.map(({ heading }) => heading);
    expect(headings).toContain("Trade-off: plot");
    expect(headings).toContain("What the images tell");
    const matrix = report.sections.find(({ heading }) => heading === "Matrix: signals")!;
    const [reference, other] = matrix.tables![0]!.rows;
    expect(reference).toEqual([
      "plain",
      ...["npw", "npw-faint"].map((o) => numbers.valueOf("plain", `auc:${o}`)!.toFixed(3)),
    ]);
    const own = numbers.difference({ method: "informed", reference: "plain", measure: "auc:npw" })!;
    expect(other![1]).toContain(Math.abs(own.estimate).toFixed(3));
    const changes = report.sections.find(({ heading }) => heading === "Changes: steps")!;
    expect(changes.tables![0]!.rows[0]!.slice(0, 3)).toEqual([
      "own",
      "noisy",
      numbers.valueOf("noisy", "rmse"),
    ]);
    expect(changes.tables![0]!.rows[0]![3]).toContain(`−${Math.abs(found.estimate).toFixed(3)}`);
    const plot = report.sections.find(({ heading }) => heading === "Trade-off: plot")!;
    expect(plot.tables![0]!.rows.map(([, method]) => method)).toEqual([
      "still",
      "informed",
      "plain",
    ]);
    expect(plot.figures![0]!.svg).toMatch(/<svg/);
    expect(plot.figures![0]!.svg).not.toContain("NaN");
  });

  it("are refused where a start leads back, a class or template is missing, or a signal is not there", async () => {
    const { networks, observers } = description;
    const withNetworks = (changes: object) =>
      openStudy({ ...description, networks: { ...networks, ...changes } });
    const circle = { ...networks.still, roles: { denoiser: { from: "again" }, observer: linear } };
    await expect(
      withNetworks({
        informed: {
          ...networks.informed,
          roles: { ...networks.informed.roles, denoiser: { from: "again" } },
        },
      }),
    ).rejects.toThrow(/networks\.informed\.roles: found a start that leads back/);
    await expect(
      withNetworks({ still: { ...circle, roles: { denoiser: { from: "nosuch" } } } }),
    ).rejects.toThrow(/networks\.still\.roles\.denoiser\.from: found nosuch/);
    await expect(
      withNetworks({ plain: { ...networks.plain, classes: ["absent", "huge"] } }),
    ).rejects.toThrow(/networks\.plain\.classes: found huge/);
    await expect(
      openStudy({
        ...description,
        observers: { ...observers, npw: { kind: "trained", name: "npw", present: "huge" } },
      }),
    ).rejects.toThrow(/observers\.npw\.present: found huge, wanted one of present, faint/);
  });
});
