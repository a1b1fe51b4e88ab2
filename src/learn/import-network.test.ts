import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { catalogue } from "../nets/catalogue.ts";
import { exportNetwork } from "./export-network.ts";
import { importNetwork } from "./import-network.ts";
import { parametersOf } from "./network-parameters.ts";

describe("importNetwork", () => {
  it.each(Object.entries(catalogue))(
    "gives back every weight of %s by name",
    async (name, open) => {
      const network = await open();
      // The smallest width: what is tested is names and order, not size.
      const width = network.options["width"];
      const narrow = width?.type === "integer" ? { width: width.min } : {};
      const options = resolveParameters(name, network.options, narrow);
      const { trained, buffers } = parametersOf(network, options);
      const weights = new Map(
        [...trained, ...buffers].map((p) => {
          const stream = streamOf(1, p.name);
          const size = p.shape.reduce((n, s) => n * s, 1);
          return [p.name, Float32Array.from({ length: size }, () => 1 + 0.1 * stream.normal())];
        }),
      );
      const back = await importNetwork(exportNetwork(network, { options, weights }));
      expect(back.network.name).toBe(name);
      expect(back.options).toEqual(options);
      expect([...back.weights.keys()].sort()).toEqual([...weights.keys()].sort());
      for (const [key, value] of weights) expect(back.weights.get(key)).toEqual(value);
    },
  );

  it("refuses a model that names no network", async () => {
    const network = await catalogue["dncnn"]!();
    const options = resolveParameters("dncnn", network.options, { depth: 3, width: 2 });
    const { trained, buffers } = parametersOf(network, options);
    const weights = new Map(
      [...trained, ...buffers].map((p, k) => [
        p.name,
        new Float32Array(p.shape.reduce((n, s) => n * s, 1)).fill(k + 0.5),
      ]),
    );
    const bytes = exportNetwork(network, {
      options,
      weights,
      metadata: { options: JSON.stringify({ ...options, depth: 4 }) },
    });
    await expect(importNetwork(bytes)).rejects.toThrow(InputError);
  });
});
