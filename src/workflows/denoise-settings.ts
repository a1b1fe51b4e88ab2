/** How images are denoised, in numbers and names. */
import { numberRow, wholeRow } from "../core/parameter-rows.ts";
import type { ParameterTable } from "../core/parameters.ts";

export const denoiseSettings = {
  keep: numberRow(
    "mm",
    [0, undefined, 200],
    "diameter of the smallest lesion to preserve, as method preserving+NAME; 0 preserves none; default: 5 mm for CT with method auto, else 0",
  ),
  strength: numberRow("1", [0, 1, 1], "share of the denoised image in the result"),
  // 2²⁸ voxels by default, the most that readers take.
  memory: wholeRow(
    "1",
    [1, 4096, 1_048_576],
    "MiB for an image's values, at 16 bytes per voxel; a larger .nii, .nii.gz, .npy, multi-frame DICOM file or series is processed in slabs",
  ),
  planes: {
    type: "boolean",
    default: false,
    about: "denoise each plane of a volume on its own",
  },
} as const satisfies ParameterTable;
