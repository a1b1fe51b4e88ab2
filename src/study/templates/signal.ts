import { z } from "zod";
import type { TemplateKind } from "./template-kind.ts";

const schema = z.strictObject({ kind: z.literal("signal") }).describe("The mean signal itself.");

export const signal: TemplateKind<z.output<typeof schema>> = {
  name: "signal",
  summary: "The mean signal itself.",
  schema,
  set: false,
  refers: () => [],
  anonymous: (plan) => plan,
  make: ({ meanSignal, facts }) => ({ rows: [meanSignal], images: 2 * (facts.signalPairs ?? 0) }),
};
