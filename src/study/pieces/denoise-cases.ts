/** A chunk of cases through a method: its images, and what the metrics say of them. */
import { z } from "zod";
import { throwIfAborted } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import { bytesOf } from "../bytes.ts";
import { dependenciesOf } from "../dependencies.ts";
import { drawnImages } from "../drawn-cases.ts";
import { requireFrame, voxelsOf } from "../facts.ts";
import { measuredSchema, measure, metricSchema } from "../measured-cases.ts";
import { catalogue as methods } from "../methods/catalogue.ts";
import type { Denoised, MethodKind } from "../methods/method-kind.ts";
import { type PieceKind, valuesOf } from "../piece.ts";
import { entrySchema } from "../task-inputs.ts";
import { drawCases } from "./draw-cases.ts";
import { tuneMethod } from "./tune-method.ts";

const inputs = z.object({
  /** With roles in place of ids. */
  method: entrySchema,
  /** Names of the methods that it makes, computed together. */
  settings: z.array(z.string()).min(1),
  /** Settings of the other methods whose images it takes, by role. */
  bases: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), metricSchema),
});

/** By setting. */
const values = z.record(z.string(), measuredSchema);

export const denoiseCases: PieceKind<z.output<typeof inputs>, z.output<typeof values>> = {
  name: "denoise-cases",
  version: 2,
  summary: "Denoises a chunk of cases and measures them against the truth.",
  inputs,
  values,
  async run({ method, settings, bases, metrics }, context) {
    const { signal, onProgress } = context;
    const kind = await openMember<MethodKind>(
      methods,
      method.kind,
      `Cannot use the study: found no kind of method ${method.kind}`,
    );
    const depends = dependenciesOf(context.depends, bases);
    const facts = depends.facts();
    requireFrame(valuesOf(context, "cases", drawCases).frame, facts.frame);
    const cases = drawnImages(context.depends["cases"]!);
    const opened = await kind.open({
      plan: kind.schema.parse(method),
      settings,
      frame: facts.frame,
      facts,
      chosen:
        context.depends["tuned"] === undefined ? {} : valuesOf(context, "tuned", tuneMethod).chosen,
      depends,
      signal,
    });
    const results: (readonly Denoised[])[] = [];
    try {
      for (const [index, { noisy, sigma }] of cases.entries()) {
        throwIfAborted(signal, "denoising");
        results.push(await opened.denoise({ noisy, sigma, index }));
        onProgress((index + 1) / cases.length);
      }
    } finally {
      await opened.dispose?.();
    }
    const size = voxelsOf(facts.frame);
    const blobs: Record<string, Uint8Array> = {};
    const measured: z.output<typeof values> = {};
    for (const [k, setting] of settings.entries()) {
      const own = results.map((result) => result[k]!);
      const all = new Float32Array(own.length * size);
      own.forEach(({ image }, i) => all.set(image.data, i * size));
      blobs[setting] = bytesOf(all);
      const pairs = own.map(({ image }, i) => ({ clean: cases[i]!.clean, result: image }));
      measured[setting] = { metrics: await measure(pairs, metrics), figures: figuresOf(own) };
    }
    return { values: measured, blobs };
  },
};

/** What a method says about itself, case by case. */
function figuresOf(results: readonly Denoised[]): Record<string, number[]> {
  const out: Record<string, number[]> = {};
  for (const { figures = {} } of results) {
    for (const [name, value] of Object.entries(figures)) (out[name] ??= []).push(value);
  }
  return out;
}
