/** Templates of linear observers, and sets of channels, for the study's task. */
import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import { fourierDetectability } from "../../observers/fourier-template.ts";
import { type Cases, casesOfRows } from "../../observers/cases.ts";
import { bytesOf } from "../bytes.ts";
import { drawnRole } from "../case-ranges.ts";
import { dependenciesOf } from "../dependencies.ts";
import { drawnImages } from "../drawn-cases.ts";
import { type TaskFacts, voxelsOf } from "../facts.ts";
import type { Kinded } from "../kind.ts";
import type { PieceContext, PieceKind } from "../piece.ts";
import { entrySchema, openScene, taskInputs } from "../task-inputs.ts";
import { catalogue as templates } from "../templates/catalogue.ts";
import type { MakeContext, TemplateKind } from "../templates/template-kind.ts";

const inputs = z.object({ ...taskInputs, template: entrySchema });

const values = z.object({
  /** Number of templates in the blob `rows` (float64). */
  rows: z.int().positive(),
  /** ‖K w − s‖/‖s‖ of the linear system that gave the template. */
  residual: z.number().nullable(),
  /** d' of the template in the noisy population, where that is known. */
  detectability: z.number().nullable(),
  /** Images that it was estimated from. */
  images: z.int().nonnegative(),
});

export const makeTemplate: PieceKind<z.output<typeof inputs>, z.output<typeof values>> = {
  name: "make-template",
  version: 2,
  summary: "Computes a template or a set of channels for the task.",
  inputs,
  values,
  async run({ task, seed, template }, context) {
    const { signal, onProgress } = context;
    const kind = await openMember<TemplateKind>(
      templates,
      template.kind,
      `Cannot use the study: found no kind of template ${template.kind}`,
    );
    const facts = dependenciesOf(context.depends).facts();
    if (facts.signal === undefined) {
      throw new InputError(
        "Cannot make a template: found a task whose signal has no common place, wanted one; use a trained observer with a side",
      );
    }
    const scene = await openScene({ task, seed });
    const plan = kind.schema.parse(template);
    const made = await kind.make({
      plan,
      scene,
      facts,
      seed,
      cases: kind.reads === undefined ? undefined : casesOf(context, facts),
      meanSignal: facts.signal,
      signal,
      onProgress,
    });
    const size = voxelsOf(facts.frame);
    const rows = new Float64Array(made.rows.length * size);
    made.rows.forEach((row, k) => rows.set(row, k * size));
    return {
      values: {
        rows: made.rows.length,
        residual: made.residual ?? null,
        images: made.images ?? 0,
        detectability:
          facts.spectrum === undefined || made.rows.length !== 1
            ? null
            : fourierDetectability(made.rows[0]!, {
                signal: facts.signal,
                powerSpectrum: facts.spectrum,
                sigma: facts.sigma,
                shape: facts.frame.shape,
              }),
      },
      blobs: { rows: bytesOf(rows) },
    };
  },
};

/** Noisy images of the first two classes that the piece was given. */
function casesOf(
  { depends }: Pick<PieceContext, "depends">,
  { classes, frame }: TaskFacts,
): NonNullable<MakeContext<Kinded>["cases"]> {
  const of = (which: string): Cases => {
    const role = "network-training";
    const images = Object.keys(depends)
      .filter((name) => name.startsWith(drawnRole({ role, which })))
      .sort()
      .flatMap((name) => drawnImages(depends[name]!));
    const size = voxelsOf(frame);
    const all = new Float32Array(images.length * size);
    images.forEach(({ noisy }, i) => all.set(noisy.data, i * size));
    const { shape, spacing, unit } = frame;
    const ids = images.map((_, i) => `${role} ${which} ${i}`);
    return casesOfRows(all, { shape, unit, ids, ...(spacing === undefined ? {} : { spacing }) });
  };
  const [absent = "", present = ""] = classes;
  return { absent: of(absent), present: of(present) };
}
