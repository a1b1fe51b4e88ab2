/** Scores of an observer that learns anew on a method's own training images. */
import { openMember } from "../../core/member.ts";
import { catalogue as observers } from "../../observers/catalogue.ts";
import { casesOfRows } from "../../observers/cases.ts";
import type { Observer } from "../../observers/observer.ts";
import { imagesOf } from "../method-images.ts";
import type { PieceKind } from "../piece.ts";
import type { CaseClass, Role } from "../scene.ts";
import type { ScoresValues } from "./judge-template.ts";

export interface JudgeTrainedInputs {
  readonly observer: string;
  readonly options: Readonly<Record<string, number | string | boolean>>;
  readonly setting: string;
  readonly seed: number;
  readonly shape: readonly [number, number];
}

export const judgeTrained: PieceKind = {
  version: 1,
  summary: "Trains an observer on a method's training images and reads its test images.",
  async run(inputs, { depends, signal, onProgress }) {
    const given = inputs as unknown as JudgeTrainedInputs;
    const { setting, shape, seed } = given;
    const observer = await openMember<Observer>(
      observers,
      given.observer,
      `Cannot use the study: found no observer ${given.observer}`,
    );
    const cases = (role: Role, which: CaseClass) => {
      const data = imagesOf(depends, { role, which, setting });
      const count = data.length / (shape[0] * shape[1]);
      const ids = Array.from({ length: count }, (_, i) => `${role} ${which} ${i}`);
      return casesOfRows(data, { shape, unit: "normalised", ids });
    };
    const training = {
      absent: cases("observer-training", "absent"),
      present: cases("observer-training", "present"),
    };
    const work = {
      seed,
      signal,
      onProgress: ({ done, total }: { done: number; total: number }) =>
        onProgress((0.95 * done) / total),
    };
    const trained = await observer.train(training, given.options, work);
    if (trained.status !== "ok") {
      const why = `${trained.cause}; ${trained.remedy}`;
      const values: ScoresValues = {
        status: "refused",
        why,
        absent: [],
        present: [],
        figures: {},
        findings: [],
      };
      return { values: values as never };
    }
    const scores = async (which: CaseClass) =>
      Array.from((await trained.read(cases("test", which), work)).scores);
    const values: ScoresValues = {
      status: "ok",
      absent: await scores("absent"),
      present: await scores("present"),
      figures: trained.figures,
      findings: trained.findings
        .filter(({ severity }) => severity !== "note")
        .map(({ reason, remedy }) => `${reason}; ${remedy}`),
    };
    return { values: values as never };
  },
};
