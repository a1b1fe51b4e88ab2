/**
 * What every denoiser promises of means: flat regions keep theirs within a tenth of the noise level, in white
 * noise and beside edges. Members are found through the catalogue; the shipped network and a denoiser in every
 * wrapper keep the same promise.
 */
import { afterAll, describe, expect, it } from "vitest";
import { catalogue } from "../../src/denoise/catalogue.ts";
import { findDenoiser } from "../../src/denoise/find-denoiser.ts";
import { loadDenoisingModel } from "../../src/inference/files.ts";
import { learnedDenoiser } from "../../src/inference/learned-denoiser.ts";
import { endIdleWorkers } from "../../src/parallel/node.ts";
import { type BiasScene, biasOf, biasScenes } from "../denoise-bias.ts";
import { economical, wrapped } from "../denoiser-cases.ts";

/** Members that move means further, by what, and why. */
const exceptions: readonly {
  readonly name: string;
  readonly bound: number;
  readonly reason: string;
}[] = [];

const network = "drunet-light";
const names = [
  ...Object.keys(catalogue),
  ...wrapped,
  "rician+total-variation",
  "homomorphic+total-variation",
  "anscombe+total-variation",
  network,
];
const draws = 3;

afterAll(endIdleWorkers);

it("names members in its exceptions, each with a reason", () => {
  for (const row of exceptions) {
    expect(names).toContain(row.name);
    expect(row.reason.length).toBeGreaterThan(20);
  }
});

describe.each(names)("%s", (name) => {
  it.each(Object.keys(biasScenes) as BiasScene[])(
    "keeps the means of flats with %s",
    async (scene) => {
      const denoiser = economical(
        name === network
          ? learnedDenoiser(await loadDenoisingModel(network, { threads: 1 }), network)
          : await findDenoiser(name),
      );
      const { shift, region } = await biasOf(denoiser, { scene, draws });
      const bound = exceptions.find((row) => row.name === name)?.bound ?? 0.1;
      expect(Math.abs(shift), region).toBeLessThan(bound);
    },
  );
});
