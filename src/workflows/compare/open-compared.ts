/** The denoisers of a comparison, opened; `default` is what `denoise` chooses for the images. */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf, sliceOf } from "../../core/image.ts";
import { resolveParameters } from "../../core/parameters.ts";
import type { Denoiser } from "../../denoise/denoiser.ts";
import { judgedPlanes } from "../../denoise/noise-level/noise-of-image.ts";
import { type MethodForImage, openMethods } from "../choice/open-methods.ts";
import type { MemberChoice } from "../member-choice.ts";
import { openMethod } from "../open-method.ts";
import { untreated } from "./result.ts";
import type { Method } from "./treat.ts";

export interface OpenCompared {
  readonly methods: readonly (Method & { readonly denoiser: Denoiser })[];
  dispose(): Promise<void>;
}

/**
 * @throws InputError for a name that does not exist, or a method twice
 */
export async function openCompared(
  image: Image,
  options: {
    readonly choices: readonly (MemberChoice | Denoiser)[] | undefined;
    readonly threads: number;
    readonly padding?: Uint8Array | undefined;
  },
): Promise<OpenCompared> {
  const { choices = ["default"], threads } = options;
  const closing: { dispose(): Promise<void> }[] = [];
  const dispose = async () => {
    for (const one of closing) await one.dispose();
  };
  let chosen: MethodForImage | undefined;
  const choose = async (): Promise<MethodForImage> => {
    if (chosen) return chosen;
    const automatic = await openMethods({ threads });
    closing.push(automatic);
    chosen = await automatic.forImage(() => lookAt(image, options.padding));
    return chosen;
  };
  try {
    const methods: (Method & { denoiser: Denoiser })[] = [];
    for (const choice of choices) {
      if (typeof choice === "object" && "denoise" in choice) {
        methods.push({ label: choice.name, denoiser: choice, parameters: {} });
        continue;
      }
      const {
        name,
        parameters: given = {},
        label,
      } = typeof choice === "object"
        ? { label: choice.name, ...choice }
        : { name: choice, label: choice };
      const own = label === name ? undefined : label;
      if (name === "default") {
        const { denoiser, parameters } = await choose();
        const all = resolveParameters(denoiser.name, denoiser.parameters, {
          ...parameters,
          ...given,
        });
        methods.push({ label: own ?? denoiser.name, denoiser, parameters: all });
        continue;
      }
      const plain = name.endsWith("+default")
        ? name.replace(/default$/, (await choose()).choice!.method)
        : name;
      const one = await openMethod(plain, { threads });
      closing.push(one);
      const { denoiser } = one;
      const parameters = resolveParameters(denoiser.name, denoiser.parameters, given);
      methods.push({ label: own ?? denoiser.name, denoiser, parameters });
    }
    const labels = [untreated, ...methods.map((m) => m.label)];
    const twice = labels.find((label, i) => labels.indexOf(label) !== i);
    if (twice !== undefined) {
      throw new InputError(`Cannot compare ${twice}: found it twice, wanted each method once`);
    }
    return { methods, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function lookAt(image: Image, padding: Uint8Array | undefined) {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const judged = judgedPlanes(blocks * nz);
  return {
    planes: judged.map((k) => sliceOf(image, k)),
    paddings: judged.map((k) => padding?.subarray(k * ny * nx, (k + 1) * ny * nx)),
    large: false,
  };
}
