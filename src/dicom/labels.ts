/** Objects whose pixels name parts of the body, or mark them: values between two labels mean nothing. */
import { type DataSet, numberOf, textOf, textsOf } from "./elements.ts";

/** Segmentations, label maps and height maps. */
const labelStorage = new Set([
  "1.2.840.10008.5.1.4.1.1.66.4",
  "1.2.840.10008.5.1.4.1.1.66.7",
  "1.2.840.10008.5.1.4.1.1.66.8",
  "1.2.840.10008.5.1.4.1.1.7.1",
]);

/**
 * What an object with labels is, such as "a segmentation"; undefined for images. A segmentation of fractions
 * is one too: they are probabilities or occupancies of a label.
 */
export function labelsOf(set: DataSet): string | undefined {
  const storage = textOf(set, 0x00080016) ?? "";
  if (labelStorage.has(storage) || textOf(set, 0x00080060)?.toUpperCase() === "SEG") {
    return storage === "1.2.840.10008.5.1.4.1.1.7.1" ? "a bitmap" : "a segmentation";
  }
  if (numberOf(set, 0x00280100, "US") === 1) return "a bitmap";
  const named = textsOf(set, 0x00080008).some((value) =>
    /^(LABEL|LABELMAP|LABEL_MAP|SEGMENTATION)$/i.test(value),
  );
  return named ? "a label map" : undefined;
}

/** Whether an object holds dose: what a calculation gave, or a sum of such. */
export function isDose(set: DataSet): boolean {
  return set.elements.has(0x3004000e);
}
