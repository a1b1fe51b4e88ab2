import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Acquisition } from "./acquisition.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { exposureRows, imageRows } from "./ct-parameters.ts";
import { scanVolume } from "./ct-volume.ts";
import { feldkamp } from "./fdk.ts";
import type { KernelName } from "./filter.ts";

const { imageSize: _size, imageFovMm: _fov, ...coneImage } = imageRows;

const parameters: ParameterTable = {
  ...exposureRows,
  ...coneImage,
  energyKeV: numberRow("keV", [20, 70, 150], "Effective energy at which HU are meant"),
  views: wholeRow("views", [2, 360, 10000], "Views on the circle"),
  channels: wholeRow("channels", [2, 256, 10000], "Detector columns"),
  rows: wholeRow("rows", [1, 64, 10000], "Detector rows"),
  channelMm: numberRow("mm", [0.01, 2.8, 50], "Pitch of the columns on the detector"),
  rowMm: numberRow("mm", [0.01, 2.8, 50], "Pitch of the rows on the detector"),
  sourceToIsoMm: numberRow("mm", [10, 1000, 5000], "Distance from the source to the axis"),
  sourceToDetectorMm: numberRow(
    "mm",
    [20, 1500, 10000],
    "Distance from the source to the detector",
  ),
};

export const ctCone: Acquisition = {
  name: "ct-cone",
  title: "Cone-beam CT on a circle",
  summary:
    "Flat-panel cone beam on one circle, reconstructed by Feldkamp's method, from volumes in HU.",
  references: ["feldkamp1984practical"],
  objectUnit: "HU",
  dimensions: [3],
  parameters,
  acquire(object, stream, given, context = {}) {
    const p = resolveParameters("ct-cone", parameters, given);
    return scanVolume(object, stream, {
      p,
      context,
      geometryOf: () => ({
        kind: "cone",
        views: p.views as number,
        detector: {
          channels: p.channels as number,
          pitchMm: p.channelMm as number,
          offsetChannels: 0,
        },
        rows: p.rows as number,
        rowPitchMm: p.rowMm as number,
        sourceToIsoMm: p.sourceToIsoMm as number,
        sourceToDetectorMm: p.sourceToDetectorMm as number,
        feedMm: 0,
        turns: 1,
        startZMm: 0,
      }),
      reconstruct: (projections, options) =>
        feldkamp(projections, { ...options, kernel: p.kernel as KernelName }),
    });
  },
};
