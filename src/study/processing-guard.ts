/**
 * No processing makes images tell more than they told [barrett2004foundations]. The best area of any observer on the
 * reference's images estimates from below what they tell; an area of another method above it, interval above
 * interval, points at leaked images, an observer that learned with the method, or too few training images.
 */
import type { StudyNumbers } from "./numbers.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { ReportSection } from "./report.ts";

interface Area {
  readonly observer: string;
  readonly method: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Signal that an observer looks for. */
function signalOf(study: OpenedStudy, observer: string): string {
  const { plan } = study.observers[observer]!;
  return "present" in plan && typeof plan.present === "string"
    ? plan.present
    : (study.scene.classes[1] ?? "");
}

/** What breaks the bound, by signal; undefined where the study has no areas of the reference. */
export function processingSection(
  study: OpenedStudy,
  numbers: StudyNumbers,
): ReportSection | undefined {
  const { reference } = study.description.statistics;
  const areas = Object.entries(numbers.analyses).flatMap(([observer, { measures }]) =>
    Object.entries(measures).flatMap(([method, own]): Area[] => {
      const found = own[`auc:${observer}`];
      return found?.interval === undefined || !Number.isFinite(found.interval.lower)
        ? []
        : [{ observer, method, value: found.value, ...found.interval }];
    }),
  );
  const text = [...new Set(areas.map(({ observer }) => signalOf(study, observer)))].flatMap(
    (signal) => {
      const own = areas.filter(({ observer }) => signalOf(study, observer) === signal);
      const noisy = own.filter(({ method }) => method === reference);
      if (noisy.length === 0) return [];
      const best = noisy.reduce((a, b) => (b.value > a.value ? b : a));
      const above = own.filter(({ lower }) => lower > best.upper);
      const words = `The largest area of \`${reference}\` for \`${signal}\` is ${best.value.toFixed(3)} (${best.lower.toFixed(3)}–${best.upper.toFixed(3)}), by \`${best.observer}\``;
      return [
        above.length === 0
          ? `${words}; no method has an area whose interval lies above that.`
          : `${words}. Above it lie ${above.map(({ method, observer, value }) => `\`${method}\` by \`${observer}\` (${value.toFixed(3)})`).join(", ")}: denoising cannot add what tells the classes apart, so that these observers know more than the images, or that one was trained on too little.`,
      ];
    },
  );
  if (text.length === 0) return undefined;
  return { heading: "What the images tell", text };
}
