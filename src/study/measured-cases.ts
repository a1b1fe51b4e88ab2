/** What metrics say of a method's images. */
import { z } from "zod";
import type { Image } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import { catalogue as metrics } from "../metrics/catalogue.ts";
import type { Metric } from "../metrics/metric.ts";
import { optionValues, positive } from "./schema-words.ts";

export const metricSchema = z.strictObject({
  name: z.string(),
  options: optionValues,
  dataRange: positive.optional(),
  label: z.string().optional().describe("How tables call it."),
});

export type MetricPlan = z.output<typeof metricSchema>;

export const measuredSchema = z.object({
  /** One value for each case; null where a metric has no finite one. */
  metrics: z.record(z.string(), z.array(z.number().nullable())),
  /** What the method says about itself, case by case: terms of an objective, iterations. */
  figures: z.record(z.string(), z.array(z.number())),
});

/** Numbers of a method on a range of cases. */
export type MeasuredValues = z.output<typeof measuredSchema>;

/** Measures images against the truth, metric by metric. */
export async function measure(
  pairs: readonly { readonly clean: Image; readonly result: Image }[],
  plans: Readonly<Record<string, MetricPlan>>,
): Promise<MeasuredValues["metrics"]> {
  const out: Record<string, (number | null)[]> = {};
  for (const [id, plan] of Object.entries(plans)) {
    const metric = await openMember<Metric>(
      metrics,
      plan.name,
      `Cannot use the study: metrics.${id}.name: found ${plan.name}`,
    );
    out[id] = pairs.map(({ clean, result }) => {
      const context = {
        reference: clean,
        ...(plan.dataRange === undefined ? {} : { dataRange: plan.dataRange }),
      };
      const found = metric.measure(result, context, plan.options);
      // An infinite value (PSNR of an image that equals the truth) has no place in a mean either.
      return found.status === "ok" && Number.isFinite(found.value) ? found.value : null;
    });
  }
  return out;
}
