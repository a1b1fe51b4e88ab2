/** A chunk of cases through a method: its images, and what the metrics say of them. */
import { makeImage, type Image } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import { catalogue as metrics } from "../metrics/catalogue.ts";
import type { Metric } from "../metrics/metric.ts";
import { bytesOf } from "./bytes.ts";
import type { MetricPlan } from "./description.ts";
import type { PieceOutput } from "./piece.ts";
import type { CaseClass, Role, Scene } from "./scene.ts";

/** Which cases a piece works on. */
export interface CaseRange {
  readonly role: Role;
  readonly which: CaseClass;
  readonly first: number;
  readonly count: number;
}

/** Numbers of a method on a range of cases, one per case. */
export interface MeasuredValues {
  /** null where a metric has no finite value. */
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
  /** What the method says about itself: terms of an objective, iterations. */
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

/** Clean and noisy images of a range. */
export function drawCases(scene: Scene, { role, which, first, count }: CaseRange) {
  return Array.from({ length: count }, (_, i) => scene.draw(role, which, first + i));
}

/** An image of the scene's size from a row of numbers. */
export const planeOf = (data: Float32Array, { ny, nx }: Scene): Image =>
  makeImage(data, [ny, nx], { unit: "normalised" });

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

/** Results of several settings of a method as one piece: blobs and values by the setting's key. */
export function piecesOutput(
  results: Readonly<Record<string, { images: readonly Float32Array[]; measured: MeasuredValues }>>,
): PieceOutput {
  const blobs: Record<string, Uint8Array> = {};
  const values: Record<string, MeasuredValues> = {};
  for (const [key, { images, measured }] of Object.entries(results)) {
    const size = images[0]?.length ?? 0;
    const all = new Float32Array(images.length * size);
    images.forEach((image, i) => all.set(image, i * size));
    blobs[key] = bytesOf(all);
    values[key] = measured;
  }
  return { values: values as never, blobs };
}
