/** Every kind of task that a study may have, by its own example. */
import { describe, expect, it } from "vitest";
import type { Image } from "../../src/core/image.ts";
import { catalogue as answers } from "../../src/study/answers/catalogue.ts";
import { studyJsonSchema } from "../../src/study/description.ts";
import { keptJson } from "../../src/study/piece-key.ts";
import { drawCases } from "../../src/study/pieces/draw-cases.ts";
import { taskFacts } from "../../src/study/pieces/task-facts.ts";
import { openScene } from "../../src/study/task-inputs.ts";
import { catalogue } from "../../src/study/tasks/catalogue.ts";
import type { Role } from "../../src/study/tasks/task-kind.ts";

const work = {
  depends: {},
  signal: new AbortController().signal,
  onProgress: () => undefined,
  checkpoint: undefined,
  saveCheckpoint: async () => undefined,
};

const bytes = ({ data }: Image): string => Buffer.from(data.buffer).toString("base64");

describe.each(Object.entries(catalogue))("task %s", (name, open) => {
  const task = async () => {
    const kind = await open();
    return { kind, plan: kind.schema.parse(kind.example) };
  };

  it("is called as its file, and says what it is", async () => {
    const { kind, plan } = await task();
    expect(kind.name).toBe(name);
    expect(plan.kind).toBe(name);
    expect(kind.describe(plan).length).toBeGreaterThan(10);
    for (const answer of kind.answers) expect(Object.keys(answers)).toContain(answer);
    expect(kind.schema.safeParse({ ...kind.example, nosuch: 1 }).success).toBe(false);
    expect(JSON.stringify(await studyJsonSchema())).toContain(`"const":"${name}"`);
  });

  it("draws the same case for the same name, whatever was drawn before, and no case twice", async () => {
    const { plan } = await task();
    const names = async () => {
      const scene = await openScene({ task: plan, seed: 3 });
      return scene.classes.flatMap((which) =>
        (
          ["test", "validation", "observer-training", "network-training", "template"] as Role[]
        ).flatMap((role) => [0, 1].map((index) => ({ role, which, index }))),
      );
    };
    const all = await names();
    const drawn = async (order: typeof all) => {
      const scene = await openScene({ task: plan, seed: 3 });
      const out = new Map<string, string>();
      for (const one of order) {
        const { noisy, reference } = await scene.draw(one);
        out.set(JSON.stringify(one), bytes(noisy) + bytes(reference));
      }
      return out;
    };
    const forwards = await drawn(all);
    const backwards = await drawn([...all].reverse());
    expect(new Map([...backwards].reverse())).toEqual(forwards);
    expect(new Set(forwards.values()).size).toBe(all.length);
    const other = await openScene({ task: plan, seed: 4 });
    const first = await other.draw(all[0]!);
    expect(forwards.get(JSON.stringify(all[0]))).not.toBe(
      bytes(first.noisy) + bytes(first.reference),
    );
  });

  it("tells the noise level that its images have", async () => {
    const { plan } = await task();
    const scene = await openScene({ task: plan, seed: 5 });
    let ratio = 0;
    const cases = 12;
    for (let index = 0; index < cases; index++) {
      const { noisy, reference, sigma } = await scene.draw({
        role: "test",
        which: scene.classes[index % scene.classes.length]!,
        index,
      });
      const square = noisy.data.reduce((sum, v, i) => sum + (v - reference.data[i]!) ** 2, 0);
      ratio += square / noisy.data.length / sigma ** 2 / cases;
    }
    // Relative error of a variance from n values: √(2/n), n at least 12 × 256.
    expect(Math.abs(ratio - 1)).toBeLessThan(5 * Math.sqrt(2 / (12 * 256)));
  });

  it("gives pieces facts and cases that pass through the store unchanged", async () => {
    const { plan } = await task();
    const facts = await taskFacts.run({ task: plan, seed: 6 }, work);
    expect(taskFacts.values.parse(keptJson(facts.values, "facts"))).toEqual(facts.values);
    const scene = await openScene({ task: plan, seed: 6 });
    expect(facts.values.classes).toEqual(scene.classes);
    for (const which of scene.classes) {
      const range = { role: "test", which, first: 2, count: 3 } as const;
      const drawn = await drawCases.run({ task: plan, seed: 6, cases: range }, work);
      expect(drawCases.values.parse(keptJson(drawn.values, "cases"))).toEqual(drawn.values);
      expect(drawn.values.frame).toEqual(facts.values.frame);
      const { noisy } = await scene.draw({ role: "test", which, index: 3 });
      const size = 4 * noisy.data.length;
      const second = drawn.blobs!["noisy"]!.slice(size, 2 * size);
      expect(Buffer.compare(second, Buffer.from(noisy.data.buffer))).toBe(0);
    }
  });

  it("knows its mean signal, where it has one", async () => {
    const { plan } = await task();
    const scene = await openScene({ task: plan, seed: 7 });
    const known = await scene.signal?.();
    if (known === undefined || scene.classes.length !== 2) return;
    // One object of each class differs by the signal alone; means over many objects do so about it.
    const size = known.values.length;
    const mean = new Float64Array(size);
    const cases = 400;
    for (let index = 0; index < cases; index++) {
      for (const [k, which] of scene.classes.entries()) {
        const { reference } = await scene.draw({ role: "test", which, index });
        for (let i = 0; i < size; i++) mean[i]! += ((2 * k - 1) * reference.data[i]!) / cases;
      }
    }
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += a[i]! * b[i]!;
      return sum;
    };
    const share = dot(mean, known.values) / dot(known.values, known.values);
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(1.3);
  });
});
