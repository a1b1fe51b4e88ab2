/** Classes of whole images: names that a source or a signal gives to an image, in the order of a classifier's scores. */
import { InputError } from "../../core/errors.ts";
import { oneOf } from "../../core/nearest-names.ts";
import type { Sample } from "./sample.ts";

/** What an image without its signal belongs to. */
export const noSignal = "no signal";

/** Every class that some sample may belong to: those of sources first, then those of signals. */
export function knownImageClasses(samples: readonly Sample[]): string[] {
  const signals = samples.flatMap(({ signal }) => signal?.names ?? []);
  return [
    ...new Set([
      ...samples.flatMap(({ bears = [] }) => bears).sort(),
      ...(samples.some(({ signal }) => signal !== undefined) ? [noSignal] : []),
      ...signals.sort(),
    ]),
  ];
}

/** @throws InputError on a class that no source has */
export function imageClassesOf(
  wanted: readonly string[] | undefined,
  { samples, what }: { samples: readonly Sample[]; what: string },
): readonly string[] {
  const known = knownImageClasses(samples);
  for (const one of wanted ?? []) {
    if (!known.includes(one)) {
      throw new InputError(
        `Cannot use ${what}.imageClasses: found ${one}, which no source has, wanted ${oneOf(one, known)}`,
      );
    }
  }
  return wanted ?? known;
}
