/** Numbers and units as text. */
import type { ImageDocument } from "../../src/workflows/view/documents.ts";

/** A value of a pixel: all digits that a float32 has, no more. */
export function valueText(value: number | undefined): string {
  if (value === undefined) return "–";
  if (Number.isNaN(value)) return "no number";
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
  return text.replace("-", "−");
}

export const shortText = (value: number, digits = 3): string =>
  String(Number(value.toPrecision(digits))).replace("-", "−");

/** With a space before it, or nothing where there is no unit to name. */
export const unitText = ({ unit }: Pick<ImageDocument, "unit">): string =>
  unit === "HU" || unit === "1/mm" ? ` ${unit}` : "";

export function sizeText({ rows, columns, planes }: ImageDocument): string {
  return `${columns} × ${rows}${planes > 1 ? ` × ${planes}` : ""}`;
}

export function secondsText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
