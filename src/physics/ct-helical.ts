import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { Acquisition } from "./acquisition.ts";
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import { exposureRows, imageRows } from "./ct-parameters.ts";
import { scanVolume } from "./ct-volume.ts";
import { filteredBackprojection } from "./fbp.ts";
import type { KernelName } from "./filter.ts";
import { rebinnedGeometry, rebinSlice } from "./single-slice-rebinning.ts";

const { imageSize: _size, imageFovMm: _fov, ...helicalImage } = imageRows;

const parameters: ParameterTable = {
  ...exposureRows,
  ...helicalImage,
  energyKeV: numberRow("keV", [20, 70, 150], "Effective energy at which HU are meant"),
  views: wholeRow("views", [4, 360, 10000], "Views on a turn"),
  channels: wholeRow("channels", [2, 440, 10000], "Detector columns"),
  rows: wholeRow("rows", [1, 16, 1000], "Detector rows"),
  channelMm: numberRow("mm", [0.01, 2, 50], "Pitch of the columns on the detector"),
  rowMm: numberRow("mm", [0.01, 3, 50], "Pitch of the rows on the detector"),
  pitch: numberRow(
    "1",
    [0.05, 0.8, 2],
    "Table feed of a turn over the detector's height at the axis",
  ),
  sourceToIsoMm: numberRow("mm", [10, 595, 5000], "Distance from the source to the axis"),
  sourceToDetectorMm: numberRow(
    "mm",
    [20, 1085.6, 10000],
    "Distance from the source to the detector",
  ),
};

export const ctHelical: Acquisition = {
  name: "ct-helical",
  title: "Helical CT",
  summary:
    "Several detector rows on a helix, rebinned to one fan sinogram a slice and reconstructed by filtered backprojection.",
  references: ["noo1999single"],
  objectUnit: "HU",
  dimensions: [3],
  parameters,
  acquire(object, stream, given, context = {}) {
    const p = resolveParameters("ct-helical", parameters, given);
    const rows = p.rows as number;
    const heightMm =
      (rows * (p.rowMm as number) * (p.sourceToIsoMm as number)) / (p.sourceToDetectorMm as number);
    const feedMm = (p.pitch as number) * heightMm;
    return scanVolume(object, stream, {
      p,
      context,
      extendMm: heightMm + feedMm,
      geometryOf: (grid) => {
        // Half a turn and a view beyond the outermost slices on both sides.
        const half = ((grid.shape[0] - 1) / 2) * grid.spacing[0];
        const reach = half + feedMm * (0.5 + 2 / (p.views as number));
        return {
          kind: "cone",
          views: p.views as number,
          detector: {
            channels: p.channels as number,
            pitchMm: p.channelMm as number,
            offsetChannels: 0.25,
          },
          rows,
          rowPitchMm: p.rowMm as number,
          sourceToIsoMm: p.sourceToIsoMm as number,
          sourceToDetectorMm: p.sourceToDetectorMm as number,
          feedMm,
          turns: Math.ceil(((2 * reach) / feedMm) * (p.views as number)) / (p.views as number),
          startZMm: -reach,
        };
      },
      reconstruct: (projections, { geometry, grid }) => {
        const [nz, ny, nx] = grid.shape;
        const fan = rebinnedGeometry(geometry);
        const out = new Float32Array(nz * ny * nx);
        const plane = {
          nx,
          ny,
          pixelMm: [grid.spacing[2], grid.spacing[1]] as const,
          centreMm: [0, 0] as const,
        };
        for (let k = 0; k < nz; k++) {
          const zMm = grid.centreZMm + (k - (nz - 1) / 2) * grid.spacing[0];
          const sinogram = rebinSlice(projections, { geometry, zMm });
          out.set(
            filteredBackprojection(sinogram, {
              geometry: fan,
              grid: plane,
              kernel: p.kernel as KernelName,
            }),
            k * ny * nx,
          );
        }
        return out;
      },
    });
  },
};
