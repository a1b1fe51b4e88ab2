import { z } from "zod";
import type { MethodKind } from "./method-kind.ts";

const schema = z
  .strictObject({ kind: z.literal("noisy") })
  .describe("The images as they were acquired.");

export const noisy: MethodKind<z.output<typeof schema>> = {
  name: "noisy",
  summary: "The images as they were acquired.",
  schema,
  weight: 0.02,
  verb: "measure",
  refers: () => [],
  anonymous: (plan) => plan,
  open: async () => ({ denoise: ({ noisy: image }) => [{ image }] }),
};
