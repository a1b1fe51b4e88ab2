import { expect, it } from "vitest";
import { z } from "zod";
import { explainIssues } from "./explain-issues.ts";

const leaf = z.strictObject({ low: z.number(), high: z.number() });
const spread = z.union([
  z.union([z.number(), z.string()]),
  z.strictObject({ oneOf: z.array(z.number()) }),
  z.strictObject({ from: z.number(), to: z.number(), scale: z.enum(["linear", "log"]).optional() }),
]);
const schema = z.strictObject({
  name: z.string(),
  steps: z.int().positive(),
  window: leaf.optional(),
  options: z.record(z.string(), spread).default({}),
  methods: z.record(
    z.string(),
    z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("noisy") }),
      z.strictObject({ kind: z.literal("adapted"), betas: z.array(z.number()), inner: leaf }),
    ]),
  ),
  sources: z.array(z.strictObject({ path: z.string(), windows: z.array(leaf) })).default([]),
});

const good = { name: "a", steps: 3, methods: {} };

function told(change: object): string {
  const value: unknown = { ...good, ...change };
  const { error } = schema.safeParse(value);
  expect(error).toBeDefined();
  const options = { what: "a.yaml", value, schema: z.toJSONSchema(schema, { io: "input" }) };
  return explainIssues(error!.issues, options).message;
}

it.each([
  [
    { stesp: 4 },
    "stesp: found an unknown field, wanted steps (others: name, window, options, methods, sources)",
  ],
  [
    { window: { low: 1, hihg: 2 } },
    "window.hihg: found an unknown field, wanted high (others: low)",
  ],
  [{ window: { low: 1 } }, "window.high: found nothing, wanted a number"],
  [{ steps: "three" }, 'steps: found "three", wanted a number'],
  [{ steps: -1 }, "steps: found -1, wanted a number above 0"],
  [
    { methods: { a: { kind: "adaptd" } } },
    'methods.a.kind: found "adaptd", wanted one of adapted, noisy',
  ],
  [{ methods: { a: {} } }, "methods.a.kind: found nothing, wanted one of noisy, adapted"],
  [
    { methods: { a: { kind: "noisy", beta: 1 } } },
    "methods.a.beta: found an unknown field, wanted one of kind",
  ],
  [
    { methods: { a: { kind: "adapted", betas: [1], inner: { lwo: 1, high: 2 } } } },
    "methods.a.inner.lwo: found an unknown field, wanted low (others: high)",
  ],
  [
    {
      sources: [
        {
          path: "x",
          windows: [
            { low: 0, high: 1 },
            { low: 0, hgih: 1 },
          ],
        },
      ],
    },
    "sources.0.windows.1.hgih: found an unknown field, wanted high (others: low)",
  ],
  [
    { options: { dose: { form: 1, to: 2 } } },
    "options.dose.form: found an unknown field, wanted from",
  ],
  [{ options: { dose: { from: 1, to: "x" } } }, 'options.dose.to: found "x", wanted a number'],
  [
    { options: { dose: { from: 1, to: 2, scale: "lgo" } } },
    'options.dose.scale: found "lgo", wanted one of log, linear',
  ],
  [{ options: { dose: { oneOf: 3 } } }, "options.dose.oneOf: found 3, wanted a list"],
  [{ options: { dose: true } }, "options.dose: found true, wanted a number or text or a record"],
])("names the field by its path and what is near: %j", (change, message) => {
  expect(told(change)).toContain(`Cannot use a.yaml: ${message}`);
});
