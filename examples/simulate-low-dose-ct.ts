/** CT of a drawn abdomen at a quarter of the dose, with its truth. */
import { saveImage, simulate } from "dprime";

const phantomParameters = { size: 64, slices: 1 };
for await (const one of simulate("abdomen+ct-fan", { count: 2, dose: 0.25, phantomParameters })) {
  await saveImage(`case-${one.number}.nii.gz`, one.noisy);
  await saveImage(`truth-${one.number}.nii.gz`, one.object);
  console.log(one.number, one.noisy.shape, one.noisy.unit);
}
process.exit(0);
