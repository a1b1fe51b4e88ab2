import { z } from "zod";
import { imageIn, sidesOf } from "../facts.ts";
import { openNetwork } from "../network-file.ts";
import { id } from "../schema-words.ts";
import type { MethodKind } from "./method-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("network"),
    network: id,
    at: z
      .record(z.string(), z.number())
      .optional()
      .describe("Numbers of its training that sweeps go over, by name."),
  })
  .describe("A trained network; volumes go plane by plane.");

export const network: MethodKind<z.output<typeof schema>> = {
  name: "network",
  summary: "A trained network; volumes go plane by plane.",
  schema,
  weight: 0.02,
  refers: (plan) => [{ role: "network", of: "networks", id: plan.network, field: "network" }],
  anonymous: ({ at: _at, ...plan }) => ({ ...plan, network: "network" }),
  parameter: ({ at }, name) => at?.[name],
  async open({ frame, depends }) {
    const opened = await openNetwork(await depends.network("network"), sidesOf(frame));
    return {
      denoise: async ({ noisy, sigma }) => [
        { image: imageIn(frame, await opened.denoise(noisy.data, sigma)) },
      ],
      dispose: () => opened.dispose(),
    };
  },
};
