/**
 * The contract of networks, over every member of src/nets: published numbers of weights and
 * receptive fields, odd sizes, same seed same weights, ONNX that the standard checker and ONNX
 * Runtime accept, gradients that reach every weight.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { interpret } from "../../src/graph/interpret.ts";
import { input } from "../../src/graph/ops/input.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { multiply } from "../../src/graph/ops/multiply.ts";
import { openDenoisingModel } from "../../src/inference/denoising-model.ts";
import { countWeights, declare, initialValues } from "../../src/layers/scope.ts";
import { catalogue } from "../../src/nets/catalogue.ts";
import { exportNetwork } from "../../src/learn/export-network.ts";
import { parametersOf } from "../../src/learn/network-parameters.ts";

const members = await Promise.all(Object.values(catalogue).map((load) => load()));

// A small member of each kind: the least depth and width that its options allow to matter.
const smallest: Readonly<Record<string, Record<string, number>>> = {
  dncnn: { depth: 4, width: 4 },
  drunet: { width: 2, blocks: 1 },
};

/** Debian's python3-onnx (package name); without it the standard checker is not run. */
const python = ["/usr/bin/python3", "python3"].find(
  (p) => spawnSync(p, ["-c", "import onnx"]).status === 0,
);
if (python === undefined) console.log("skipped: no python3-onnx here, the ONNX checker is not run");

describe.each(members)("network $name", (network) => {
  const options = resolveParameters(network.name, network.options, smallest[network.name] ?? {});
  const { trained, buffers } = parametersOf(network, options);
  const weights = initialValues([...trained, ...buffers], streamOf(1, "contract", network.name));

  it("bears its file's name, and a small form for this suite", () => {
    expect(catalogue).toHaveProperty(network.name);
    expect(smallest).toHaveProperty(network.name);
  });

  it.each(network.published)("has $weights weights as published in $source", (published) => {
    const full = resolveParameters(network.name, network.options, published.options);
    expect(countWeights(parametersOf(network, full).trained)).toBe(published.weights);
    if (published.receptiveField !== undefined) {
      expect(2 * network.reach(full) + 1).toBe(published.receptiveField);
    }
  });

  it("draws the same weights from the same seed, others from another", () => {
    const again = initialValues([...trained, ...buffers], streamOf(1, "contract", network.name));
    const other = initialValues([...trained, ...buffers], streamOf(2, "contract", network.name));
    expect([...again]).toEqual([...weights]);
    expect([...other]).not.toEqual([...weights]);
  });

  it("gives every trained weight a gradient", () => {
    const { scope, parameters } = declare({ training: true });
    const size = network.multipleOf(options);
    const side = Math.max(8, size);
    const image = input("image", [2, 1, side, side]);
    const sigma = input("sigma", [2, 1, 1, 1]);
    const y = network.build(image, { scope, options, sigma });
    const nodes = parameters.filter((p) => p.trainable);
    const stream = streamOf(3, network.name);
    const values = Object.fromEntries(
      parameters.map((p) => [
        p.name,
        { shape: p.shape, data: Float64Array.from(weights.get(p.name)!) },
      ]),
    );
    const gradients = interpret(
      gradient(
        mean(multiply(y, y)),
        nodes.map((p) => p.node),
      ),
      {
        ...values,
        image: { shape: [2, 1, side, side], data: stream.normals(2 * side * side) },
        sigma: { shape: [2, 1, 1, 1], data: Float64Array.of(0.1, 0.2) },
      },
    );
    gradients.forEach((g, i) => {
      expect(
        g.data.some((v) => v !== 0),
        nodes[i]!.name,
      ).toBe(true);
      expect(g.data.every(Number.isFinite)).toBe(true);
    });
  });

  it("runs as an exported model on odd sizes, as the interpreter computes", async () => {
    const model = await openDenoisingModel(exportNetwork(network, { options, weights }));
    const [ny, nx] = [13, 11];
    const stream = streamOf(4, network.name);
    const plane = Float32Array.from({ length: ny * nx }, () => stream.uniform());
    const got = await model.denoisePlane(plane, { ny, nx, sigma: 0.1 });
    await model.dispose();
    const unit = network.multipleOf(options);
    const [py, px] = [Math.ceil(ny / unit) * unit, Math.ceil(nx / unit) * unit];
    const mirror = (i: number, n: number) => (i < n ? i : 2 * n - 2 - i);
    const padded = Float64Array.from(
      { length: py * px },
      (_, i) => plane[mirror(Math.floor(i / px), ny) * nx + mirror(i % px, nx)]!,
    );
    const { scope, parameters } = declare();
    const image = input("image", [1, 1, py, px]);
    const y = network.build(image, { scope, options, sigma: input("sigma", [1, 1, 1, 1]) });
    const [wanted] = interpret([y], {
      ...Object.fromEntries(
        parameters.map((p) => [
          p.name,
          { shape: p.shape, data: Float64Array.from(weights.get(p.name)!) },
        ]),
      ),
      image: { shape: [1, 1, py, px], data: padded },
      sigma: { shape: [1, 1, 1, 1], data: Float64Array.of(0.1) },
    });
    for (let i = 0; i < got.length; i++) {
      const at = Math.floor(i / nx) * px + (i % nx);
      // Float32 through a few layers of values of order one.
      expect(Math.abs(got[i]! - wanted!.data[at]!)).toBeLessThan(1e-4);
    }
  });

  it.skipIf(python === undefined)("passes the standard ONNX checker", () => {
    const folder = mkdtempSync(join(tmpdir(), "dprime-onnx-"));
    try {
      const path = join(folder, "model.onnx");
      writeFileSync(path, exportNetwork(network, { options, weights }));
      const code =
        "import onnx,sys; m=onnx.load(sys.argv[1]); onnx.checker.check_model(m, full_check=True); print(len(m.graph.node))";
      const nodes = Number(execFileSync(python!, ["-c", code, path], { encoding: "utf8" }));
      expect(nodes).toBeGreaterThan(3);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
