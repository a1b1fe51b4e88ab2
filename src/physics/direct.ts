import { openMember } from "../core/member.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import { catalogue } from "../noise/catalogue.ts";
import type { NoiseModel } from "../noise/noise-model.ts";
import type { Acquisition } from "./acquisition.ts";
import { gaussianBlur } from "./blur.ts";
import { numberRow } from "../core/parameter-rows.ts";

const parameters: ParameterTable = {
  noise: {
    type: "choice",
    choices: Object.keys(catalogue),
    default: "gaussian",
    about: "Noise model",
  },
  level: numberRow(
    "1",
    [0, undefined, 1e15],
    "The noise model's first parameter (σ, quanta, looks, density …); its default when absent",
  ),
  blurPx: numberRow("px", [0, 0, 100], "Gaussian blur of the object before the noise"),
};

/** The object itself, blurred if asked for, plus noise: the image-domain acquisition of test beds. */
export const direct: Acquisition = {
  name: "direct",
  title: "Direct imaging",
  summary: "The object itself, optionally blurred, with one noise model added in the image.",
  references: [],
  objectUnit: "arbitrary",
  dimensions: [2, 3],
  parameters,
  async acquire(object, stream, given, context = {}) {
    const p = resolveParameters("direct", parameters, given);
    const model = await openMember<NoiseModel>(
      catalogue,
      p.noise as string,
      `Cannot image by direct: found no noise "${p.noise}"`,
    );
    const first = Object.keys(model.parameters)[0]!;
    const own = p.level === undefined ? {} : { [first]: p.level };
    const sigma = p.blurPx as number;
    const reference =
      sigma > 0
        ? { ...object, data: gaussianBlur(object.data, object, { sigmaPx: [sigma, sigma] }) }
        : object;
    return {
      image: model.add(reference, stream.child("noise"), own),
      reference: context.reference === true ? reference : undefined,
      notes: {},
    };
  },
};
