/** The denoiser of every image of a call: one that is named, or for each the one that suits it. */
import type { Image } from "../../core/image.ts";
import type { ParameterValues } from "../../core/parameters.ts";
import type { Denoiser } from "../../denoise/denoiser.ts";
import { wrappers } from "../../denoise/find-denoiser.ts";
import { preserving } from "../../denoise/preserving/preserving.ts";
import { shippedCards } from "../../inference/files.ts";
import { type MethodOptions, type OpenMethod, openMethod } from "../open-method.ts";
import { chooseMethod, type MethodChoice } from "./choose-method.ts";
import { factsOf } from "./image-facts.ts";
import type { Modality } from "./modalities.ts";

/** The word for a choice by the image. */
export const automatic = "auto";

export interface KeepOptions {
  /** Diameter in mm of the lesions that must survive; 0 for the method alone. By default that of the choice. */
  readonly keep?: number | undefined;
  /** What made the images, where their files do not say it. */
  readonly modality?: Modality | undefined;
}

export interface MethodsOptions extends MethodOptions, KeepOptions {
  /** `auto` when absent. */
  readonly method?: string | Denoiser | undefined;
  readonly parameters?: ParameterValues | undefined;
  /** Noise level in the image's unit, where it is known. */
  readonly sigma?: number | undefined;
}

/** The planes on which an image's noise is judged, and what its file says of it. */
export interface Look {
  readonly planes: readonly Image[];
  readonly paddings: readonly (Uint8Array | undefined)[];
  /** DICOM's Modality. */
  readonly code?: string | undefined;
  readonly large: boolean;
}

export interface MethodForImage {
  readonly denoiser: Denoiser;
  /** Those given, and those of the choice. */
  readonly parameters: ParameterValues;
  /** Absent for a method that was named. */
  readonly choice?: MethodChoice;
  /** What a reader of the result should know of the method on this image. */
  readonly notes: readonly string[];
}

export interface Methods {
  /** Of a method that is named: the same for all images. */
  readonly named?: Pick<MethodForImage, "denoiser" | "parameters">;
  /** @param look called where the choice needs the image */
  forImage(look: () => Promise<Look> | Look): Promise<MethodForImage>;
  dispose(): Promise<void>;
}

/** The name with the band handed back, innermost: where the wrappers have brought the noise into its simplest form. */
export function preservingName(name: string): string {
  const wrapper = Object.keys(wrappers).find((one) => name.startsWith(`${one}+`));
  if (wrapper === undefined) return `preserving+${name}`;
  return wrapper === "preserving"
    ? name
    : `${wrapper}+${preservingName(name.slice(wrapper.length + 1))}`;
}

/**
 * Opens what a call denoises with; a named method at once, so that a wrong name is told before any work.
 *
 * @throws InputError as `openMethod`
 */
export async function openMethods(options: MethodsOptions): Promise<Methods> {
  const { method = automatic, keep, parameters: given = {} } = options;
  const kept = keep === undefined || keep === 0 ? {} : { keep };
  if (typeof method === "object") {
    const denoiser = keep ? preserving(method) : method;
    return fixed({ denoiser, parameters: { ...given, ...kept }, notes: [] });
  }
  if (method !== automatic) {
    const opened = await openMethod(keep ? preservingName(method) : method, options);
    const zero = keep === 0 && Object.hasOwn(opened.denoiser.parameters, "keep");
    const one = {
      denoiser: opened.denoiser,
      parameters: { ...given, ...kept, ...(zero ? { keep } : {}) },
      notes: [],
    };
    return fixed(one, opened);
  }
  const open = new Map<string, OpenMethod>();
  const models = await shippedCards();
  return {
    async forImage(look) {
      const { planes, paddings, code, large } = await look();
      const { modality, sigma } = options;
      const facts = factsOf(planes, { code, given: modality, paddings, sigma, large });
      const choice = chooseMethod(facts, models, { keep });
      const diameter = choice.keep;
      const name = diameter > 0 ? preservingName(choice.method) : choice.method;
      const opened = open.get(name) ?? (await openMethod(name, options));
      open.set(name, opened);
      // Over each plane: the promise is then that of every plane that a reader looks at.
      const own = diameter > 0 ? { keep: diameter, keepOver: "planes" } : {};
      return {
        denoiser: opened.denoiser,
        parameters: { ...choice.parameters, ...own, ...given },
        choice,
        notes: choice.outside,
      };
    },
    dispose: async () => {
      for (const one of open.values()) await one.dispose();
    },
  };
}

function fixed(one: MethodForImage, opened?: OpenMethod): Methods {
  return {
    named: one,
    forImage: () => Promise.resolve(one),
    dispose: async () => opened?.dispose(),
  };
}
