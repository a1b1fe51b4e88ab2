/** What a NIfTI file says beyond its image, in words. */
import { checksumText } from "./checksum-text.ts";
import { textBehindRemark } from "./remark.ts";
import type { Facts } from "./format.ts";
import { qformAffine } from "./nifti-header.ts";
import { formsDisagree, type NiftiSource, timeUnit } from "./nifti-layout.ts";

const spaces: Readonly<Record<number, string>> = {
  1: "the scanner's",
  2: "aligned to another image",
  3: "Talairach",
  4: "MNI 152",
  5: "another template",
};
const sliceOrders: Readonly<Record<number, string>> = {
  1: "ascending",
  2: "descending",
  3: "alternating, ascending",
  4: "alternating, descending",
  5: "alternating from the second, ascending",
  6: "alternating from the second, descending",
};
const extensionKinds: Readonly<Record<number, string>> = {
  2: "DICOM",
  4: "AFNI",
  6: "comment",
  8: "XCEDE",
  10: "JIM",
  18: "MIND",
  32: "CIFTI",
};

export function niftiFacts({ header, extensions }: NiftiSource): Facts {
  const { remaining: r, sformCode, qformCode } = header;
  const facts: Record<string, string> = {};
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "") facts[name] = value;
  };
  add("description", textBehindRemark(header.description));
  add("auxiliary file", r.auxFile);
  const channels = header.dim.slice(4).reduce((a, b) => a * b, 1);
  const plain = header.intentCode === 0 || (header.intentCode === 1007 && channels > 1);
  if (!plain || header.intentName !== "" || r.intent.some((p) => p !== 0)) {
    add("intent", `code ${header.intentCode} "${header.intentName}" (${r.intent.join(", ")})`);
  }
  if (channels > 1 && header.dim[4] !== channels) {
    add("dimensions 5 to 7", header.dim.slice(4).join(" × "));
  }
  const space = (code: number) => `code ${code}, ${spaces[code] ?? "unknown"}`;
  if (sformCode > 1) add("coordinate system", `${space(sformCode)} (sform)`);
  if (qformCode > 1 && qformCode !== sformCode) add("qform", space(qformCode));
  if (sformCode > 0 && qformCode > 0 && formsDisagree(header)) {
    add(
      "qform's geometry",
      qformAffine(header)
        ?.map((v) => Number(v.toPrecision(7)))
        .join(" "),
    );
  }
  const unit = timeUnit(header.xyztUnits);
  const inSeconds = (value: number) =>
    unit === undefined
      ? `${Number(value.toPrecision(7))}`
      : `${Number((value * unit.seconds).toPrecision(7))} s`;
  if (unit === undefined && header.rank > 3) {
    add("step of the fourth dimension", `${header.pixdim[4]} of unit ${header.xyztUnits & 56}`);
  }
  if (r.sliceCode !== 0 || r.sliceDuration !== 0 || r.sliceStart !== 0 || r.sliceEnd !== 0) {
    add(
      "slice timing",
      `${sliceOrders[r.sliceCode] ?? `code ${r.sliceCode}`}, slices ${r.sliceStart} to ${r.sliceEnd}, ${inSeconds(r.sliceDuration)} each`,
    );
  }
  if (r.timeOffset !== 0) add("time of the first frame", inSeconds(r.timeOffset));
  if (r.dimInfo !== 0) {
    const axis = (shift: number) => ["none", "x", "y", "z"][(r.dimInfo >> shift) & 3];
    add("encoding axes", `frequency ${axis(0)}, phase ${axis(2)}, slice ${axis(4)}`);
  }
  if (r.calMin !== 0 || r.calMax !== 0) add("display range", `${r.calMin} to ${r.calMax}`);
  extensions.forEach(({ code, content }, i) => {
    const kind = extensionKinds[code] ?? `code ${code}`;
    add(`header extension ${i + 1}`, `${kind}, ${content.length} bytes, ${checksumText(content)}`);
  });
  return facts;
}
