/** What follows for a method, and the paragraph that says it. */
import type { Figure } from "./judge.ts";
import { marginDose } from "./margin-dose.ts";
import {
  type ArmResult,
  type CompareResult,
  type Flag,
  type MethodResult,
  untreated,
} from "./result.ts";

/** Contrast below this share, beyond doubt, is taken from the signal. */
const leastKept = 0.8;

export function methodResults(
  arms: readonly ArmResult[],
  { margin, methods }: { readonly margin: number; readonly methods: readonly string[] },
): MethodResult[] {
  return methods.map((method) => {
    const own = arms.filter((arm) => arm.method === method).sort((a, b) => b.dose - a.dose);
    const points = (by: "hotelling" | "eye") =>
      own.map((arm) => ({ dose: arm.dose, ...arm.againstFull[by] }));
    let safe: number | undefined;
    for (const arm of own) {
      if (!(arm.againstFull.hotelling.lower > -margin)) break;
      safe = arm.dose;
    }
    return {
      method,
      marginDose: {
        hotelling: marginDose(points("hotelling"), margin),
        eye: marginDose(points("eye"), margin),
      },
      ...(safe === undefined ? {} : { safeDose: safe }),
      flags: own.flatMap(flagsOf),
      secondsPerSlice: own.reduce((s, arm) => s + arm.seconds, 0) / own.length,
    };
  });
}

function flagsOf(arm: ArmResult): Flag[] {
  if (arm.method === untreated) return [];
  const flags: Flag[] = [];
  const { dose, gain, viewed, contrastKept, invented, promiseBroken } = arm;
  for (const [by, loss] of [
    ["Hotelling observer", gain.hotelling],
    ["NPWE", gain.eye],
    ...(viewed
      ? [["Hotelling observer with a viewer's noise", viewed.gain.hotelling] as const]
      : []),
  ] as const) {
    if (loss.upper < 0) {
      flags.push({
        kind: "loses the signal",
        dose,
        reason: `the AUC of the ${by} changes by ${signed(loss)} against no denoising`,
      });
      break;
    }
  }
  if (contrastKept.upper < leastKept) {
    flags.push({
      kind: "takes contrast",
      dose,
      reason: `${percentOf(contrastKept)} of the signal's contrast is left`,
    });
  }
  if (invented.worst) {
    const { from, to, ratio, lower, upper } = invented.worst;
    flags.push({
      kind: "invents structure",
      dose,
      reason: `signal-free regions vary ${ratio.toFixed(2)} times (${lower.toFixed(2)} to ${upper.toFixed(2)}) as much as before between ${from.toFixed(3)} and ${to.toFixed(3)}/mm`,
    });
  }
  if (promiseBroken) flags.push({ kind: "promises more", dose, reason: promiseBroken });
  return flags;
}

export const signed = ({ estimate, lower, upper }: Figure, digits = 3): string =>
  `${plus(estimate, digits)} (${plus(lower, digits)} to ${plus(upper, digits)})`;

export const ranged = ({ estimate, lower, upper }: Figure, digits = 3): string =>
  `${estimate.toFixed(digits)} (${lower.toFixed(digits)} to ${upper.toFixed(digits)})`;

export const percentOf = ({ estimate, lower, upper }: Figure): string =>
  `${(100 * estimate).toFixed(0)} % (${(100 * lower).toFixed(0)} to ${(100 * upper).toFixed(0)} %)`;

function plus(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : `+${text}`;
}

/** `0.31 of the dose`, or what else there is to say. */
export function marginDoseText(
  { estimate, lower, upper }: MethodResult["marginDose"]["hotelling"],
  lowest: number,
): string {
  const say = (dose: number) => (dose === 0 ? `below ${lowest}` : dose.toFixed(2));
  const proven = Number.isNaN(upper) ? "not proven at any dose" : say(upper);
  if (Number.isNaN(estimate)) return "above the full dose";
  return `${say(estimate)} (${say(lower)} to ${proven})`;
}

/** One paragraph in plain words with the numbers in it. */
export function verdictOf(
  result: Pick<CompareResult, "task" | "images" | "arms" | "methods" | "doses" | "margin" | "plan">,
): string {
  const { task, images, arms, methods, doses, margin, plan } = result;
  const full = arms[0]!;
  const unit = images.unit === "arbitrary" ? "" : ` ${images.unit}`;
  const signal = `a ${task.shape} of ${short(task.diameterMm)} mm and ${short(task.contrast)}${unit}`;
  const sentences = [
    `Without denoising at full dose, ${signal} is found with an AUC of ${ranged(full.hotelling.auc)} by a channelised Hotelling observer on ${plan.cases} places.`,
  ];
  const ours = methods.filter((m) => m.method !== untreated);
  const clean = ours.filter((m) => serious(m).length === 0);
  const base = methods.find((m) => m.method === untreated);
  if (doses.length > 1) {
    const reach = [...(base ? [base] : []), ...ours];
    const best = clean
      .filter((m) => m.safeDose !== undefined)
      .sort(
        (a, b) => a.safeDose! - b.safeDose! || byGain(arms, b.method) - byGain(arms, a.method),
      )[0];
    sentences.push(
      `Its loss stays proven below ${margin} down to a dose of ${reach.map((m) => `${m.safeDose ?? "none"} with ${m.method}`).join(", ")}.`,
    );
    if (best && base && best.safeDose! < (base.safeDose ?? Infinity)) {
      sentences.push(
        `For this task ${best.method} allows ${best.safeDose} of the dose${base.safeDose === undefined ? "" : `, where the images as they are allow ${base.safeDose}`}.`,
      );
    } else if (base?.safeDose === Math.min(...doses)) {
      sentences.push(
        `Even the lowest dose looked at is enough without denoising: lower doses, or a fainter signal, would tell methods apart.`,
      );
    } else {
      sentences.push(
        `No method is proven to allow a lower dose than the images as they are; denoising made them look better, not the lesion easier to find.`,
      );
    }
  } else {
    for (const m of ours) {
      const arm = arms.find((a) => a.method === m.method)!;
      sentences.push(
        `With ${m.method} the AUC changes by ${signed(arm.gain.hotelling)}, the noise by ${percentChange(arm.noise.sd, full.noise.sd)}, and ${percentOf(arm.contrastKept)} of the contrast is left.`,
      );
    }
  }
  for (const m of ours) {
    const worst = serious(m).sort((a, b) => a.dose - b.dose);
    const kinds = [...new Set(worst.map((f) => f.kind))];
    for (const kind of kinds) {
      const flag = worst.find((f) => f.kind === kind)!;
      sentences.push(`Beware: ${m.method} ${kind} at dose ${flag.dose}: ${flag.reason}.`);
    }
  }
  const promised = ours.filter((m) => m.flags.some((f) => f.kind === "promises more"));
  if (promised.length > 0) {
    const flag = promised[0]!.flags.find((f) => f.kind === "promises more")!;
    sentences.push(
      `The d' that the field computes from noise and resolution misleads for ${promised.map((m) => m.method).join(", ")}: for ${promised[0]!.method} at dose ${flag.dose}, ${flag.reason}.`,
    );
  }
  return sentences.join(" ");
}

/** Flags that speak against a method by themselves. */
const serious = (m: MethodResult): Flag[] => m.flags.filter((f) => f.kind !== "promises more");

const byGain = (arms: readonly ArmResult[], method: string): number =>
  arms.filter((a) => a.method === method).at(-1)?.gain.hotelling.estimate ?? -1;

const percentChange = (after: number, before: number): string => {
  const change = 100 * (after / before - 1);
  return `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(0)} %`;
};

export const short = (x: number): string => String(Number(x.toPrecision(3))).replace("-", "−");
