/** Words that the schemas of many entries share. */
import { z } from "zod";

export const positive = z.number().positive();
export const count = z.int().positive();
export const optionValues = z
  .record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
  .default({});
export const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, "wanted lower-case letters, digits and hyphens");
export const ids = z.array(id).min(1);

/** `1e5` of 100000, as tables and ids write it. */
export const shortNumber = (v: number): string =>
  v >= 1000 || (v < 0.01 && v > 0) ? v.toExponential().replace("e+", "e") : String(v);
