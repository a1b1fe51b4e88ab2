import { describe, expect, it } from "vitest";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { initialValues } from "../layers/scope.ts";
import { drunetPolyphase } from "../nets/drunet-polyphase.ts";
import { dncnn } from "../nets/dncnn.ts";
import { unet } from "../nets/unet.ts";
import type { Network } from "../nets/network.ts";
import { explainNetwork, fieldWidths } from "./explain-network.ts";
import { parametersOf } from "./network-parameters.ts";
import { openNetwork, buildOf, conditionShapes } from "./open-network.ts";

function drawn(network: Network, given: Record<string, number | boolean>) {
  const options = resolveParameters(network.name, network.options, given);
  const { trained, buffers } = parametersOf(network, options);
  const weights = initialValues([...trained, ...buffers], streamOf(1, "explain"));
  return { network, options, weights };
}

const shape = [1, 1, 16, 16];
const stream = streamOf(2, "explain");
const data = Float32Array.from({ length: 256 }, () => stream.uniform());
const image = { shape, data };

describe("what a network does with an image", () => {
  it.each([
    ["dncnn", drawn(dncnn, { depth: 4, width: 6, batchNorm: false })],
    ["drunet-polyphase", drawn(drunetPolyphase, { width: 4, levels: 1 })],
  ])("is the derivative that differences of the result show: %s", async (_, made) => {
    const at = [7, 9];
    const { sensitivity } = await explainNetwork(
      { ...made, image, sigma: 0.1, at },
      { threads: 1 },
    );
    const opened = await openNetwork(
      {
        build: buildOf(made.network, made.options),
        weights: made.weights,
        shape,
        conditions: conditionShapes(made.network, { options: made.options, shape }),
      },
      { threads: 1 },
    );
    const value = async (pixel: number, change: number) => {
      const moved = data.map((v, i) => (i === pixel ? v + change : v));
      const result = await opened.run(
        moved,
        made.network.takesSigma ? { sigma: Float32Array.of(0.1) } : {},
      );
      return result.data[at[0]! * 16 + at[1]!]!;
    };
    const peak = Math.max(...sensitivity.data.map(Math.abs));
    for (const pixel of [7 * 16 + 9, 7 * 16 + 8, 6 * 16 + 10, 5 * 16 + 9, 8 * 16 + 7]) {
      const step = 2e-3;
      const slope = ((await value(pixel, step)) - (await value(pixel, -step))) / (2 * step);
      // Float32 differences, and a rectifier that may switch within the step.
      expect(Math.abs(slope - sensitivity.data[pixel]!)).toBeLessThan(0.02 * peak);
    }
    await opened.dispose();
    // Nothing beyond what the network can see.
    const reach = made.network.reach(made.options);
    sensitivity.data.forEach((v, i) => {
      const far = Math.max(Math.abs(Math.floor(i / 16) - at[0]!), Math.abs((i % 16) - at[1]!));
      if (far > reach) expect(v).toBe(0);
    });
  });

  it("names its layers, and shows the widest that comes last unless told otherwise", async () => {
    const made = drawn(dncnn, { depth: 4, width: 6, batchNorm: false });
    const spec = { ...made, image, sigma: 0, at: [8, 8] };
    const found = await explainNetwork(spec, { threads: 1 });
    expect(found.layers).toEqual(["0", "1", "2", "3"]);
    expect(found.layer).toBe("2");
    expect(found.features.shape).toEqual([1, 6, 16, 16]);
    const last = await explainNetwork({ ...spec, layer: "3" }, { threads: 1 });
    expect(last.features.shape).toEqual([1, 1, 16, 16]);
    await expect(explainNetwork({ ...spec, layer: "4" })).rejects.toThrow(
      "Cannot show layer 4 of dncnn",
    );
    const segments = drawn(unet, { width: 2, levels: 1 });
    await expect(explainNetwork({ ...spec, ...segments })).rejects.toThrow("gives labels");
  });

  it("measures the radius that holds a share", () => {
    const side = 41;
    const spread = 4;
    const gaussian = Float32Array.from({ length: side * side }, (_, i) => {
      const [y, x] = [Math.floor(i / side) - 20, (i % side) - 20];
      return -Math.exp(-(y * y + x * x) / (2 * spread * spread));
    });
    const widths = fieldWidths({ shape: [1, 1, side, side], data: gaussian }, [20, 20]);
    for (const { share, radius } of widths) {
      // A disk of radius r holds 1 − exp(−r²/2s²); rings are up to a pixel apart.
      const wanted = spread * Math.sqrt(-2 * Math.log(1 - share));
      expect(Math.abs(radius - wanted)).toBeLessThan(0.6);
    }
    const point = new Float32Array(25);
    point[12] = 3;
    expect(fieldWidths({ shape: [1, 1, 5, 5], data: point }, [2, 2], [1])).toEqual([
      { share: 1, radius: 0 },
    ]);
  });
});
