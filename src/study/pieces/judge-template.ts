/** Scores of one fixed template on a method's test images. */
import { float64Of } from "../bytes.ts";
import { imagesOf } from "../method-images.ts";
import type { PieceKind } from "../piece.ts";

export interface JudgeTemplateInputs {
  /** Key of the method's setting in the blobs of its pieces. */
  readonly setting: string;
}

/** Test statistics of every case, in the order of the cases. */
export interface ScoresValues {
  readonly status: "ok" | "refused";
  /** Cause and remedy of a refusal. */
  readonly why?: string;
  readonly absent: readonly number[];
  readonly present: readonly number[];
  /** What the observer says about itself. */
  readonly figures: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
}

export const judgeTemplate: PieceKind = {
  version: 1,
  summary: "Applies a template to a method's test images.",
  async run(inputs, { depends }) {
    const { setting } = inputs as unknown as JudgeTemplateInputs;
    const template = float64Of(depends["template"]!.blobs["rows"]!);
    const scores = (which: "absent" | "present") => {
      const data = imagesOf(depends, { role: "test", which, setting });
      return Array.from({ length: data.length / template.length }, (_, k) => {
        let sum = 0;
        const start = k * template.length;
        for (let i = 0; i < template.length; i++) sum += template[i]! * data[start + i]!;
        return sum;
      });
    };
    const values: ScoresValues = {
      status: "ok",
      absent: scores("absent"),
      present: scores("present"),
      figures: {},
      findings: [],
    };
    return { values: values as never };
  },
};
