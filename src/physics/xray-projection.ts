/**
 * Projection X-ray: line integrals → primary quanta → focal-spot blur → scatter → Poisson → detector
 * blur → electronic noise → reading. The order is stated since it decides the noise's texture:
 * quantum noise passes the detector's blur, electronic noise does not.
 */
import { InputError } from "../core/errors.ts";
import { withData } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import type { Acquisition } from "./acquisition.ts";
import { gaussianBlur } from "./blur.ts";
import { numberRow } from "../core/parameter-rows.ts";

const parameters: ParameterTable = {
  photons: numberRow(
    "quanta",
    [1, 20000, 1e12],
    "Quanta of the open beam in each detector element",
  ),
  dose: numberRow("1", [1e-4, 1, 100], "Fraction of the full dose; smaller is noisier"),
  electronicSd: numberRow("quanta", [0, 5, 1e6], "Standard deviation of electronic noise"),
  scatterToPrimary: numberRow(
    "1",
    [0, 0.3, 20],
    "Scatter against the mean primary; a grid leaves 0.2 to 0.5 in chests",
  ),
  scatterPx: numberRow("px", [1, 25, 500], "Width of the scatter's spread"),
  focalPx: numberRow("px", [0, 0.4, 50], "Gaussian blur of the focal spot"),
  detectorPx: numberRow(
    "px",
    [0, 0.5, 50],
    "Gaussian blur of the detector, which correlates the noise",
  ),
  output: {
    type: "choice",
    choices: ["log", "transmission"],
    default: "log",
    about: "−ln of the reading (bright bone), or the reading as a share of the open beam",
  },
};

export const xrayProjection: Acquisition = {
  name: "xray-projection",
  title: "Projection X-ray",
  summary:
    "Radiograph of line integrals with scatter, focal and detector blur, Poisson and electronic noise.",
  references: [],
  objectUnit: "arbitrary",
  dimensions: [2],
  parameters,
  async acquire(object, stream, given, context = {}) {
    const p = resolveParameters("xray-projection", parameters, given);
    const bad = object.data.findIndex((v) => !(v >= 0 && v < Infinity));
    if (bad >= 0) {
      throw new InputError(
        `Cannot expose a radiograph: found the line integral ${object.data[bad]} at index ${bad}, wanted finite numbers >= 0`,
      );
    }
    const incident = (p.photons as number) * (p.dose as number);
    const blur = (values: Float32Array, sigma: number): Float32Array =>
      gaussianBlur(values, object, { sigmaPx: [sigma, sigma] });
    const primary = blur(
      object.data.map((v) => incident * Math.exp(-v)),
      p.focalPx as number,
    );
    const spr = p.scatterToPrimary as number;
    const scatter = spr > 0 ? blur(primary, p.scatterPx as number) : primary;
    const expected = primary.map((v, i) => v + spr * scatter[i]!);
    let floored = 0;
    const read = (noise: Stream | undefined): Float32Array => {
      const quanta = noise ? expected.map((v) => noise.poisson(v)) : expected;
      const spread = blur(quanta, p.detectorPx as number);
      return spread.map((v) => {
        const reading = noise ? v + (p.electronicSd as number) * noise.normal() : v;
        if (p.output === "transmission") return reading / incident;
        if (reading < 0.5) floored++;
        return -Math.log(Math.max(0.5, reading) / incident);
      });
    };
    const unit = "arbitrary" as const;
    const image = withData(object, read(stream.child("quanta")), { unit });
    return {
      image,
      reference:
        context.reference === true ? withData(object, read(undefined), { unit }) : undefined,
      notes: { floored },
    };
  },
};
