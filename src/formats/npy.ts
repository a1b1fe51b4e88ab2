/** NPY: one NumPy array without geometry or unit [harris2020numpy]. */
import type { Format } from "./format.ts";
import { isNpy, npyArrayToBytes, npyHolds, readNpyArray } from "./npy-array.ts";

export const npy: Format = {
  name: "npy",
  title: "NPY",
  summary: "One NumPy array; values and sizes only",
  extensions: [".npy"],
  holds: npyHolds,
  sniff: isNpy,
  read(bytes, options = {}) {
    return Promise.resolve().then(() => {
      const { decoded, header } = readNpyArray(bytes, { ...options, format: "npy" });
      return {
        format: "npy",
        images: [decoded],
        notes: [],
        header: { type: header.code, shape: header.shape, fortranOrder: header.fortran },
      };
    });
  },
  write(image, options) {
    return Promise.resolve().then(() => {
      const { bytes, lost } = npyArrayToBytes(image, options, "NPY");
      return { files: [{ name: options.fileName, bytes }], lost };
    });
  },
};
