/** `dprime adapt` from the shell, with a small network of its own. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { openFile, saveImage } from "../../src/files/files.ts";
import { initialValues } from "../../src/layers/scope.ts";
import { dncnn } from "../../src/nets/dncnn.ts";
import { disk } from "../../src/phantoms/index.ts";
import { exportNetwork } from "../../src/learn/export-network.ts";
import { parametersOf } from "../../src/learn/network-parameters.ts";
import { buildOnce, dprime, newFolder } from "./dprime.ts";

vi.setConfig({ testTimeout: 240_000 });

const n = 24;
const folder = newFolder("adapt");
const path = (name: string) => join(folder, name);
const stream = streamOf(4, "adapt command");
const noisy = Float32Array.from({ length: n * n }, () => 0.5 + 0.1 * stream.normal());
const template = disk.render({ shape: [n, n] });

const saveNpy = (name: string, data: Float32Array, shape: number[]) =>
  saveImage(path(name), makeImage(data, shape, { unit: "normalised" }));

beforeAll(async () => {
  buildOnce();
  await saveNpy("noisy.npy", noisy, [n, n]);
  await saveNpy("template.npy", template, [n, n]);
  await saveNpy("small.npy", template.slice(0, 64), [8, 8]);
  const options = resolveParameters("dncnn", dncnn.options, {
    depth: 3,
    width: 4,
    batchNorm: false,
  });
  const { trained } = parametersOf(dncnn, options);
  const weights = initialValues(trained, streamOf(5, "weights"));
  await writeFile(path("model.onnx"), exportNetwork(dncnn, { options, weights }));
});

const response = (data: ArrayLike<number>) => template.reduce((s, w, i) => s + w * data[i]!, 0);
const common = () => ["--model", path("model.onnx"), "--sigma", "0.1", "--json"];

interface Result {
  planes: {
    objective: { total: number; task: number };
    initial: { total: number; task: number };
    statistics: { noisy: number; denoised: number; adapted: number }[];
  }[];
}

describe("dprime adapt", () => {
  it.each(["gauss-newton", "path", "adam"])(
    "lowers the objective and the task's error by %s",
    async (solver) => {
      const {
        code,
        out: stdout,
        err: stderr,
      } = dprime([
        "adapt",
        path("noisy.npy"),
        "-o",
        path(`${solver}.npy`),
        "--template",
        path("template.npy"),
        "--beta",
        "1e4",
        "--gamma",
        "100",
        "--solver",
        solver,
        "--steps",
        "100",
        ...common(),
      ]);
      expect(code, stderr).toBe(0);
      const { planes } = JSON.parse(stdout) as Result;
      const [{ objective, initial, statistics }] = planes as [Result["planes"][number]];
      expect(objective.total).toBeLessThan(0.5 * initial.total);
      expect(objective.task).toBeLessThan(0.1 * initial.task);
      // The statistics printed are those of the files: float32 sums of a dozen pixels.
      const out = (await openFile(path(`${solver}.npy`))).images[0]!;
      expect(response(noisy)).toBeCloseTo(statistics[0]!.noisy, 5);
      expect(response(out.image.data)).toBeCloseTo(statistics[0]!.adapted, 5);
    },
  );

  it("keeps the response of the noisy image exactly with --project", async () => {
    const { code, err: stderr } = dprime([
      "adapt",
      path("noisy.npy"),
      "-o",
      path("projected.npy"),
      "--signal",
      "disk",
      "--project",
      "--beta",
      "0",
      ...common(),
    ]);
    expect(code, stderr).toBe(0);
    const out = (await openFile(path("projected.npy"))).images[0]!;
    expect(response(out.image.data)).toBeCloseTo(response(noisy), 6);
  });

  it.each([
    [["--template", "small.npy"], "found 8 × 8 pixels, wanted 24 × 24"],
    [[], "found no template"],
    [["--signal", "ring"], "found no signal ring"],
    [["--signal", "disk", "--at", "12"], "wanted a row and a column"],
    [["--signal", "disk", "--signal-param", "height=1"], "height"],
    [["--template", "missing.npy"], "missing.npy"],
    [["--signal", "disk", "--weights", "nothing"], "found no weights that may change"],
    [["--template", "template.npy", "--beta", "-1"], "beta"],
  ])("refuses %j in one line and writes nothing", async (words, wanted) => {
    const given = words.map((w) => (w.endsWith(".npy") ? path(w) : w));
    const { code, err: stderr } = dprime([
      "adapt",
      path("noisy.npy"),
      "-o",
      path("refused.npy"),
      ...given,
      ...common(),
    ]);
    expect(code).toBe(2);
    const lines = stderr
      .trim()
      .split("\n")
      .filter((line) => !/^(\{|progress:)/.test(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(wanted);
    expect(existsSync(path("refused.npy"))).toBe(false);
  });
});
