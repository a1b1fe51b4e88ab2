/** A folder of DICOM slices, read as one volume, denoised and written as derived objects. */
import { denoise, openImages } from "dprime";

const [series] = await openImages(process.argv[2] ?? "series");
const { padding } = series!;
const { image, level } = await denoise(series!.image, { method: "median", padding });
const { paths } = await series!.save("denoised", image, { method: "median", parameters: {} });
const size = image.shape.join(" × ");
const noise = `${level.sigma.toFixed(1)} ${image.unit}`;
console.log(`${series!.name}: ${size}, noise ${noise}, ${paths.length} files`);
process.exit(0);
