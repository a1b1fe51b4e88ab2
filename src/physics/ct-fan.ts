import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Acquisition } from "./acquisition.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { beamRows, exposureRows, imageRows } from "./ct-parameters.ts";
import { scanSlices } from "./ct-planar.ts";
import type { FanGeometry } from "./geometry.ts";

const parameters: ParameterTable = {
  ...exposureRows,
  ...imageRows,
  ...beamRows,
  views: wholeRow("views", [4, 1160, 10000], "Views on a full turn; a multiple of four is fastest"),
  channels: wholeRow("channels", [2, 880, 10000], "Detector channels"),
  channelMm: numberRow("mm", [0.01, 1, 50], "Pitch of the channels on the detector"),
  offsetChannels: numberRow("channels", [-0.5, 0.25, 0.5], "Shift of the detector's middle"),
  sourceToIsoMm: numberRow("mm", [10, 595, 5000], "Distance from the source to the axis"),
  sourceToDetectorMm: numberRow(
    "mm",
    [20, 1085.6, 10000],
    "Distance from the source to the detector",
  ),
  detector: {
    type: "choice",
    choices: ["arc", "flat"],
    default: "arc",
    about: "Channels on an arc about the source or on a line",
  },
};

/** Fan-beam geometry from parameters of `ct-fan` (defaults: the pediatric scanner preset). */
export function fanGeometryOf(given?: Readonly<Record<string, unknown>>): FanGeometry {
  const p = resolveParameters("ct-fan", parameters, given);
  return {
    kind: "fan",
    views: p.views as number,
    detector: {
      channels: p.channels as number,
      pitchMm: p.channelMm as number,
      offsetChannels: p.offsetChannels as number,
    },
    sourceToIsoMm: p.sourceToIsoMm as number,
    sourceToDetectorMm: p.sourceToDetectorMm as number,
    shape: p.detector as "arc" | "flat",
  };
}

export const ctFan: Acquisition = {
  name: "ct-fan",
  title: "Fan-beam CT",
  summary:
    "Axial CT on a full turn with the published geometry of the pediatric phantom set: counts, electronic noise, logarithm, filtered backprojection, HU.",
  references: ["nelson2024pediatric", "kak1988principles"],
  objectUnit: "HU",
  dimensions: [2, 3],
  parameters,
  acquire(object, stream, given, context) {
    const p = resolveParameters("ct-fan", parameters, given);
    const geometry = fanGeometryOf(given);
    return scanSlices(object, stream, { geometryOf: () => geometry, p, context });
  },
};
