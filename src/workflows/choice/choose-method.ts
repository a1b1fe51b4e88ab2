/**
 * Which denoiser for which image: candidates as data, the first that fits is taken, and what else fits is named.
 * Trained models come first where their card covers the image; outside its range a model is named with the reason,
 * and not used.
 */
import type { ParameterValues } from "../../core/parameters.ts";
import { outsideTraining, type TrainedOn } from "../../denoise/trained-on.ts";
import type { ShippedCard } from "../../inference/files.ts";
import { type ImageFacts, modalityOfCode, widestWhite } from "./image-facts.ts";
import { modalities, type Modality } from "./modalities.ts";
import { keepDefaults } from "./keep-defaults.ts";

export interface Candidate {
  readonly method: string;
  readonly parameters?: ParameterValues;
  /** For images of these alone; `undefined` stands for images of which nothing is known. */
  readonly modalities: readonly (Modality | undefined)[];
  /** Why it suits such an image, as the rest of a sentence; undefined where it does not. */
  readonly suits: (facts: ImageFacts) => string | undefined;
}

export interface MethodChoice {
  readonly method: string;
  readonly parameters: ParameterValues;
  /** Diameter in mm of the lesions that survive; 0 for the method alone. */
  readonly keep: number;
  /** What was chosen and why, in one sentence. */
  readonly why: string;
  /** Other methods that fit, the next best first. */
  readonly others: readonly string[];
  /** Trained models that are not used, with the reason. */
  readonly outside: readonly string[];
}

const white = ({ grain }: ImageFacts) => grain <= widestWhite;
const grainText = ({ grain }: ImageFacts) => `${grain.toFixed(1)} px wide`;

/** Classical methods in the order of preference; the evidence stands in docs/denoisers.md. */
export const classical: readonly Candidate[] = [
  {
    method: "non-local-means",
    modalities: ["ct"],
    suits: (facts) => (white(facts) ? undefined : `the noise is correlated (${grainText(facts)})`),
  },
  {
    method: "bm3d",
    modalities: ["ct"],
    suits: (facts) => (white(facts) && !facts.large ? "the noise is white" : undefined),
  },
  { method: "non-local-means", modalities: ["ct"], suits: () => "it suits CT of any noise" },
  {
    method: "rician+bm3d",
    modalities: ["mr"],
    suits: (facts) =>
      !facts.negative && white(facts) && !facts.large
        ? "noise of a magnitude is Rician, and white here"
        : undefined,
  },
  {
    method: "rician-non-local-means",
    modalities: ["mr"],
    suits: (facts) =>
      facts.negative
        ? undefined
        : `noise of a magnitude is Rician${white(facts) ? "" : `, and correlated (${grainText(facts)}) here`}`,
  },
  {
    method: "homomorphic+non-local-means",
    modalities: ["ultrasound"],
    suits: ({ negative }) => (negative ? undefined : "speckle grows with the signal"),
  },
  {
    method: "anscombe+non-local-means",
    modalities: ["x-ray", "nuclear"],
    suits: ({ negative }) => (negative ? undefined : "noise of counts grows with the signal"),
  },
  {
    method: "bm3d",
    modalities: [undefined, "picture"],
    suits: (facts) => (white(facts) && !facts.large ? "the noise is white" : undefined),
  },
  {
    method: "non-local-means",
    modalities: [...modalities, undefined],
    suits: (facts) =>
      white(facts) ? "it suits most images" : `the noise is correlated (${grainText(facts)})`,
  },
];

/** What is said of the noise of an image where it is not additive; undefined where it is. */
function otherNoise({ modality, negative }: ImageFacts): string | undefined {
  if (negative) return undefined;
  if (modality === "mr") return "that of a magnitude";
  if (modality === "ultrasound") return "speckle";
  return modality === "x-ray" || modality === "nuclear" ? "that of counts" : undefined;
}

const ofCodes = (codes: readonly string[]) => new Set(codes.map((code) => modalityOfCode(code)));

/** Whether a model was trained on images of one modality, and so on their own noise. */
function isSpecial({ modalities: codes }: TrainedOn): boolean {
  return codes.length > 0 && ofCodes(codes).size === 1;
}

/**
 * Why a model must not be used on an image, as the rest of a sentence; undefined where its card covers it. A model
 * for several modalities learned additive noise.
 */
export function outsideOf(trained: TrainedOn, facts: ImageFacts): string | undefined {
  const { modality, unit, grain, pixelMm } = facts;
  const codes = trained.modalities;
  if (
    (codes.length > 0 && modality !== undefined && !ofCodes(codes).has(modality)) ||
    (isSpecial(trained) && modality === undefined)
  ) {
    return `it was trained on ${codes.join(", ")}, and this is ${modality === undefined ? "of an unknown kind" : names[modality]}`;
  }
  const other = isSpecial(trained) ? undefined : otherNoise(facts);
  if (other !== undefined) return `it was trained on additive noise, and this is ${other}`;
  const outside = outsideTraining(trained, {
    unit,
    noise: facts.levelIn(trained),
    grain,
    spacing: pixelMm === undefined ? undefined : [pixelMm],
  });
  if (outside.length === 0) return undefined;
  return outside.map((one) => `found ${one.found} (trained on ${one.trained})`).join("; ");
}

/** Models for one modality before those for several. */
function inOrder(models: readonly ShippedCard[]): ShippedCard[] {
  const general = ({ trainedOn }: ShippedCard) => Number(!isSpecial(trainedOn));
  return [...models].sort((a, b) => general(a) - general(b));
}

/**
 * The denoiser for an image.
 *
 * @param models shipped models with what their cards say
 * @param options.keep diameter in mm where the user says it; by default that of the modality
 */
export function chooseMethod(
  facts: ImageFacts,
  models: readonly ShippedCard[],
  options: { readonly keep?: number | undefined } = {},
): MethodChoice {
  const outside: string[] = [];
  const fitting: { method: string; parameters: ParameterValues; because: string }[] = [];
  for (const { name, trainedOn } of inOrder(models)) {
    const reason = outsideOf(trainedOn, facts);
    if (reason === undefined) {
      const because = `its card covers noise of ${(100 * facts.levelIn(trainedOn)).toPrecision(2)} % of its window, ${grainText(facts)}`;
      fitting.push({ method: name, parameters: {}, because });
    } else outside.push(`the model ${name} is not used: ${reason}`);
  }
  for (const { method, parameters = {}, modalities: of, suits } of classical) {
    const because = of.includes(facts.modality) ? suits(facts) : undefined;
    if (because === undefined || fitting.some((one) => one.method === method)) continue;
    fitting.push({ method, parameters, because });
  }
  // The last candidate suits every image.
  const { method, parameters, because } = fitting[0]!;
  const usual = facts.modality === undefined ? 0 : keepDefaults[facts.modality].mm;
  const { keep = usual } = options;
  const keeps = keep > 0 ? `, with lesions of ${keep} mm kept` : "";
  const what =
    facts.modality === undefined
      ? facts.modalityFrom
      : `${names[facts.modality]} ${facts.modalityFrom}`;
  return {
    method,
    parameters,
    keep,
    why: `${method} is chosen${keeps} (${what}; ${because})`,
    others: fitting.slice(1, 4).map((one) => one.method),
    outside,
  };
}

const names: Readonly<Record<Modality, string>> = {
  ct: "CT",
  mr: "MR",
  ultrasound: "ultrasound",
  "x-ray": "X-ray",
  nuclear: "nuclear medicine",
  picture: "a picture",
};
