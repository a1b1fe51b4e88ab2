/** Denoisers by name, wrappers included. */
import { InputError } from "../core/errors.ts";
import { openMember, type SettingsOf } from "../core/member.ts";
import { oneOf } from "../core/nearest-names.ts";
import type { ParameterValuesOf } from "../core/parameters.ts";
import { catalogue, type DenoiserParameters } from "./catalogue.ts";
import type { Denoiser } from "./denoiser.ts";
import { preserving, type preservingParameters } from "./preserving/preserving.ts";
import { taskPreserving } from "./task-projection.ts";
import { anscombe, type anscombeParameters } from "./wrapping/generalised-anscombe.ts";
import { homomorphic } from "./wrapping/homomorphic.ts";
import { ricianStabilised } from "./wrapping/rician-stabilised.ts";

/** Functions that make a denoiser for another noise, or with another promise, out of one. */
export const wrappers: Readonly<
  Record<string, { readonly about: string; readonly wrap: (inner: Denoiser) => Denoiser }>
> = Object.freeze({
  homomorphic: { about: "multiplicative noise (speckle): works on logarithms", wrap: homomorphic },
  anscombe: {
    about: "counting noise with a Gaussian part: generalised Anscombe, exact unbiased inverse",
    wrap: anscombe,
  },
  rician: {
    about: "magnitude MR images: Rician variance stabilisation, exact unbiased inverse",
    wrap: ricianStabilised,
  },
  preserving: {
    about:
      "keeps lesions of a chosen size (parameter keep, in mm): hands a low-pass of the noisy image back",
    wrap: preserving,
  },
  "task-preserving": {
    about: "keeps the response of every template given exactly as the noisy image has it",
    wrap: (inner) => taskPreserving(inner),
  },
});

/** Parameters of a method: by its name, bare or inside wrappers, or by itself. */
export type MethodParameters<Method> =
  Method extends Denoiser<infer Parameters>
    ? Parameters
    : Method extends `${infer Wrapper}+${infer Inner}`
      ? MethodParameters<Inner> &
          (Wrapper extends "anscombe"
            ? Partial<ParameterValuesOf<typeof anscombeParameters>>
            : Wrapper extends "preserving"
              ? Partial<ParameterValuesOf<typeof preservingParameters>>
              : unknown)
      : SettingsOf<DenoiserParameters, Method>;

/**
 * The denoiser of a name such as `non-local-means`, or `homomorphic+non-local-means` for one inside a wrapper.
 *
 * @throws InputError on a name or wrapper that does not exist
 */
export async function findDenoiser(name: string): Promise<Denoiser> {
  const parts = name.split("+");
  const inner = parts.pop()!;
  let denoiser = await openMember<Denoiser>(
    catalogue,
    inner,
    `Cannot denoise by ${name}: found no method "${inner}"`,
  );
  for (const part of parts.reverse()) {
    const wrapper = Object.hasOwn(wrappers, part) ? wrappers[part] : undefined;
    if (!wrapper) {
      throw new InputError(
        `Cannot denoise by ${name}: found no wrapper "${part}", wanted ${oneOf(part, Object.keys(wrappers))}`,
      );
    }
    denoiser = wrapper.wrap(denoiser);
  }
  return denoiser;
}
