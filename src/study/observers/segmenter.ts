import { z } from "zod";
import { InputError } from "../../core/errors.ts";
import { type Image, withData } from "../../core/image.ts";
import { openMember } from "../../core/member.ts";
import { dice } from "../../metrics/dice.ts";
import { hausdorff95 } from "../../metrics/hausdorff95.ts";
import type { Metric } from "../../metrics/metric.ts";
import { caseAt } from "../../observers/cases.ts";
import { catalogue as segmenters } from "../../observers/segmenters/catalogue.ts";
import type { Segmenter } from "../../observers/segmenters/segmenter.ts";
import type { RefusedAnswer } from "../answers/answer-kind.ts";
import type { CaseValues } from "../answers/values.ts";
import { imageIn } from "../facts.ts";
import type { JudgedImages } from "../judged-images.ts";
import { checkMember } from "../members.ts";
import { ids, optionValues } from "../schema-words.ts";
import type { Role } from "../tasks/task-kind.ts";
import type { JudgeContext, ObserverKind } from "./observer-kind.ts";

const schema = z
  .strictObject({
    kind: z.literal("segmenter"),
    name: z.string().describe("Name of a segmenter."),
    options: optionValues,
    learnsFrom: z
      .enum(["method", "noisy", "clean"])
      .default("method")
      .describe(
        "Images that it learns from: the method's own, anew for each; or the same for all, as acquired or without noise.",
      ),
    labels: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Classes that are reported; all but the background when absent."),
    methods: ids.optional().describe("Methods that it judges; all when absent."),
  })
  .describe(
    "Segments the images; Dice and the 95th percentile of surface distance, class by class.",
  );

type Plan = z.output<typeof schema>;

export const segmenter: ObserverKind<Plan> = {
  name: "segmenter",
  summary: "Segments the images; Dice and the 95th percentile of surface distance, class by class.",
  schema,
  answers: "values",
  overview: true,
  refers: () => [],
  async check({ name, options }, { at }) {
    await checkMember(at, { name, options }, segmenters);
  },
  anonymous: ({ methods: _methods, ...plan }) => plan,
  judges: ({ methods }) => methods,
  reads: ({ learnsFrom }) => (learnsFrom === "method" ? ["observer-training"] : []),
  truths: () => ["test", "observer-training"],
  cost: (_, counts) => ({ weight: 0.2 * (counts.test + counts["observer-training"]) }),
  about: ({ name, learnsFrom }, { training }) =>
    `\`${name}\`, trained on ${training} ${
      {
        method: "of each method, anew for each",
        noisy: "as acquired, one for all methods",
        clean: "without noise, one for all methods",
      }[learnsFrom]
    }; Dice and the 95th percentile of surface distance against the true classes.`,
  judge,
};

async function judge(context: JudgeContext<Plan>): Promise<CaseValues | RefusedAnswer> {
  const { plan, seed, facts, images, signal, onProgress } = context;
  const member = await openMember<Segmenter>(
    segmenters,
    plan.name,
    `Cannot use the study: found no segmenter ${plan.name}`,
  );
  const training = trainingOf(context);
  const trained = await member.train(training, plan.options, { seed, signal });
  if (trained.status !== "ok") {
    return { status: "refused", why: `${trained.cause}; ${trained.remedy}` };
  }
  const found: Image[] = [];
  const truth: Image[] = [];
  for (const which of images.classes) {
    const tested = methodImages(context, "test", which);
    truth.push(...labelsOf(images, "test", which));
    for (const image of tested) {
      found.push(await trained.segment(image, { signal }));
      onProgress((0.9 * found.length) / (tested.length * images.classes.length));
    }
  }
  const names = Object.entries(facts.labels).filter(
    ([label, name]) => Number(label) !== 0 && (plan.labels?.includes(name) ?? true),
  );
  const measures: CaseValues["measures"] = {};
  for (const [short, metric] of [
    ["Dice", dice],
    ["HD95", hausdorff95],
  ] as const) {
    const byLabel = names.map(([label, name]) => ({
      name,
      values: found.map((one, i) =>
        valueOf(metric, one, { truth: truth[i]!, label: Number(label) }),
      ),
    }));
    const form = { unit: metric.unit, better: short === "Dice" ? "higher" : "lower" } as const;
    measures[short] = { ...form, values: meansOf(byLabel, found.length), headline: true };
    for (const { name, values } of byLabel) {
      measures[`${short} ${name}`] = { ...form, values, headline: false };
    }
  }
  return {
    status: "ok",
    measures,
    figures: trained.figures,
    findings: trained.findings
      .filter(({ severity }) => severity !== "note")
      .map(({ reason, remedy }) => `${reason}; ${remedy}`),
  };
}

function trainingOf(context: JudgeContext<Plan>): { images: Image[]; labels: Image[] } {
  const { plan, images } = context;
  const role = "observer-training";
  const all = { images: [] as Image[], labels: [] as Image[] };
  for (const which of images.classes) {
    all.labels.push(...labelsOf(images, role, which));
    all.images.push(
      ...(plan.learnsFrom === "method"
        ? methodImages(context, role, which)
        : images
            .drawn(role, which)
            .map(({ noisy, clean }) => (plan.learnsFrom === "noisy" ? noisy : clean))),
    );
  }
  return all;
}

function methodImages(
  { images, facts }: Pick<JudgeContext<Plan>, "images" | "facts">,
  role: Role,
  which: string,
): Image[] {
  const cases = images.cases(role, which);
  return Array.from({ length: cases.count }, (_, i) => imageIn(facts.frame, caseAt(cases, i)));
}

function labelsOf(images: JudgedImages, role: Role, which: string): Image[] {
  return images.drawn(role, which).map(({ labels }) => {
    if (labels !== undefined) return withData(labels, labels.data, { unit: "arbitrary" });
    throw new InputError(
      "Cannot segment: found cases without classes on the grid of their images, wanted an object with labels and imaging that keeps its grid",
    );
  });
}

/** Null where the class is missing from both, so that nothing is to be found. */
function valueOf(
  metric: Metric,
  found: Image,
  { truth, label }: { truth: Image; label: number },
): number | null {
  const image = withData(truth, found.data);
  const result = metric.measure(image, { reference: truth }, { label });
  return result.status === "ok" && Number.isFinite(result.value) ? result.value : null;
}

/** Of each case, the mean over the classes that have a value. */
function meansOf(
  byLabel: readonly { readonly values: readonly (number | null)[] }[],
  count: number,
): (number | null)[] {
  return Array.from({ length: count }, (_, i) => {
    const own = byLabel.flatMap(({ values }) => values[i] ?? []);
    return own.length === 0 ? null : own.reduce((a, b) => a + b, 0) / own.length;
  });
}
