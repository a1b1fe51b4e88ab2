/** A folder of DICOM slices, read as one volume, denoised and written as derived objects. */
import { denoise, openImages } from "dprime";

const [series] = await openImages(process.argv[2] ?? "series");
const { image, level } = await denoise(series!.image, {
  method: "median",
  ...(series!.isPadding ? { keep: series!.isPadding } : {}),
});
const { paths } = await series!.save("denoised", image, { method: "median", parameters: {} });
console.log(
  `${series!.name}: ${image.shape.join(" × ")}, noise ${level.sigma.toFixed(1)} ${image.unit}, ${paths.length} files`,
);
process.exit(0);
