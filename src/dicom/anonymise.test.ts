import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testObject, testUids, testValues } from "../../test/dicom-objects.ts";
import { haveSharedData, sharedData } from "../../test/shared-data.ts";
import { anonymiseDicom } from "./anonymise.ts";
import { bytesElement, itemOf, numberElement, sequenceElement, textElement } from "./build.ts";
import { confidentialityTable } from "./confidentiality.ts";
import { keywordOf } from "./dictionary.ts";
import type { Elements } from "./elements.ts";
import { littleBytes } from "./encode-pixels.ts";
import { itemsOf, textOf } from "./elements.ts";
import { parseDicom } from "./parse.ts";
import { readDicom } from "./read.ts";
import { isUid } from "./uid.ts";

const person = [
  textElement(0x00080020, "DA", "20200131"),
  textElement(0x00080021, "DA", "20200131"),
  textElement(0x00080022, "DA", "20200131"),
  textElement(0x00080050, "SH", "ACC-4711"),
  textElement(0x00080080, "LO", "St. Elsewhere"),
  textElement(0x00080090, "PN", "Referrer^Rita"),
  textElement(0x00081030, "LO", "Head of Jane"),
  textElement(0x00100020, "LO", "PID-0815"),
  textElement(0x00100030, "DA", "19600229"),
  textElement(0x00101040, "LO", "12 Elm Street"),
  textElement(0x00180015, "CS", "HEAD"),
  textElement(0x00181000, "LO", "SN-123"),
  textElement(0x00324000, "LT", "walked in with Jane"),
  bytesElement(0x60003000, "OW", Uint8Array.of(1, 2)),
  numberElement(0x60000010, "US", 4),
  sequenceElement(0x00081140, [
    itemOf([
      textElement(0x00081150, "UI", testUids.sopClass),
      textElement(0x00081155, "UI", "1.2.3.4.5"),
      textElement(0x00100010, "PN", "Jane^Hidden"),
    ]),
  ]),
  sequenceElement(0x00400275, [itemOf([textElement(0x00400007, "LO", "scheduled for Jane")])]),
  sequenceElement(0x00189346, [
    itemOf([
      textElement(0x00080100, "SH", "CODE"),
      textElement(0x0040a123, "PN", "Jane^Deep"),
      bytesElement(0x00111010, "UN", new TextEncoder().encode("Jane private")),
    ]),
  ]),
];

const object = {
  data: testValues(24, 12, false),
  rows: 4,
  columns: 6,
  bitsStored: 12,
  extra: person,
};

/** All values of a data set at every depth, as one text. */
function everything(elements: Elements): string {
  let text = "";
  for (const element of elements.values()) {
    text += new TextDecoder("latin1").decode(element.value);
    for (const item of element.items ?? []) text += everything(item.elements);
  }
  return text;
}

describe("anonymiseDicom", () => {
  it("leaves nothing of the person, at any depth, and keeps the pixels", async () => {
    const bytes = await testObject(object);
    const { bytes: out, report, warnings } = anonymiseDicom(bytes, { version: "0.1.0" });
    const { dataSet: set, meta } = parseDicom(out);
    // New identifiers are random digits, which may spell a year or a number by chance.
    const text = (everything(set.elements) + everything(meta.elements)).replace(/2\.25\.\d+/g, "");
    for (const word of [
      "Jane",
      "ller",
      "4711",
      "PID-0815",
      "Elm",
      "Elsewhere",
      "Rita",
      "SN-123",
      "20200131",
      "1960",
      "MAKER",
      "1.2.3.4.5",
      testUids.instance,
      testUids.series,
      testUids.study,
      testUids.frame,
    ]) {
      expect(text, word).not.toContain(word);
    }
    expect((await readDicom(out)).stored.data).toEqual((await readDicom(bytes)).stored.data);
    expect((await readDicom(out)).image.spacing).toEqual([2.5, 0.75, 0.5]);
    expect(
      [...set.elements.keys()].filter((tag) => (tag >>> 16) & 1 || tag >>> 24 === 0x60),
    ).toEqual([]);
    // Emptied attributes are still there, as type 2 asks.
    expect(set.elements.get(0x00080020)!.value.length).toBe(0);
    expect(set.elements.get(0x00100010)!.value.length).toBe(0);
    expect(set.elements.has(0x00081030)).toBe(false);
    expect(textOf(itemsOf(set, 0x00189346)[0]!, 0x0040a123)).toBe("Anonymised");
    expect(textOf(itemsOf(set, 0x00189346)[0]!, 0x00080100)).toBe("CODE");
    expect(report).toContainEqual({
      tag: "(0010,0020)",
      name: "PatientID",
      deed: "emptied",
      count: 1,
    });
    expect(report).toContainEqual({
      tag: "(0011,1010)",
      name: "private",
      deed: "removed",
      count: 1,
    });
    expect(report).toContainEqual({
      tag: "(0008,0018)",
      name: "SOPInstanceUID",
      deed: "new UID",
      count: 1,
    });
    expect(warnings).toEqual(["a face can be rendered from volumes of the head"]);
  });

  it("says how it was done, in the object itself", async () => {
    const { bytes } = anonymiseDicom(await testObject(object), {
      version: "0.1.0",
      patientId: "case-7",
    });
    const { dataSet: set } = parseDicom(bytes);
    expect(textOf(set, 0x00120062)).toBe("YES");
    expect(textOf(set, 0x00120063)).toBe("dprime 0.1.0");
    expect(textOf(itemsOf(set, 0x00120064)[0]!, 0x00080100)).toBe("113100");
    expect(textOf(set, 0x00280303)).toBe("REMOVED");
    expect(textOf(set, 0x00100020)).toBe("case-7");
  });

  it("gives the same new UID to the same old one over files, and leaves the standard's own alone", async () => {
    const uids = new Map<string, string>();
    const first = parseDicom(anonymiseDicom(await testObject(object), { uids }).bytes).dataSet;
    const second = parseDicom(
      anonymiseDicom(
        await testObject({
          ...object,
          extra: [...person, textElement(0x00080018, "UI", "1.2.3.4.5")],
        }),
        { uids },
      ).bytes,
    ).dataSet;
    expect(textOf(first, 0x0020000e)).toBe(textOf(second, 0x0020000e));
    expect(textOf(first, 0x00080016)).toBe(testUids.sopClass);
    expect(textOf(itemsOf(first, 0x00081140)[0]!, 0x00081155)).toBe(textOf(second, 0x00080018));
    for (const uid of uids.values()) expect(isUid(uid)).toBe(true);
  });

  it("warns of what may be burned into pixels", async () => {
    const of = async (...extra: Parameters<typeof itemOf>[0]) =>
      anonymiseDicom(await testObject({ ...object, extra: [...extra] })).warnings.join();
    expect(await of(textElement(0x00280301, "CS", "YES"))).toContain("burned into its pixels");
    expect(await of(textElement(0x00080060, "CS", "US"))).toContain("modality US may carry text");
    expect(await of(textElement(0x00080060, "CS", "US"), textElement(0x00280301, "CS", "NO"))).toBe(
      "",
    );
  });

  it("carries a table whose every tag is known, as large as the standard's", () => {
    const table = confidentialityTable();
    // Single attributes of edition 2024b, besides curves, overlays and private ones.
    expect(table.size).toBe(617);
    const unknown = [...table.keys()].filter(
      (tag) => tag >>> 16 > 0x0008 && keywordOf(tag) === undefined,
    );
    // The dictionary is an older edition than the table.
    expect(unknown.length).toBeLessThan(40);
    expect(table.get(0x00100010)).toBe("Z");
    expect(table.get(0x00080018)).toBe("U");
    expect(table.get(0x00181000)).toBe("X/Z/D");
  });
});

const data = sharedData;
if (!haveSharedData)
  process.stderr.write(`anonymise: skipped real files, no image collection at ${data}\n`);

describe.skipIf(!haveSharedData)("real files", () => {
  it.each([
    "1_ct_dicom/bad_sequence_ct/bad_sequence.dcm",
    "1_ct_dicom/pancreas_un_vr_j2k/explicit_VR-UN.dcm",
    "2_paired_dose/mr_repeat_snr_Siemens/tra_250_2meas_1.IMA",
    "4_mri/pydicom_mr_small/MR_small_bigendian.dcm",
    "4_mri/pydicom_mr_small/MR_small_implicit.dcm",
    "7_malformed/dicom_pydicom/rtdose_expb_1frame.dcm",
  ])("%s keeps its pixels and loses its names and dates", async (name) => {
    const bytes = readFileSync(join(data, name));
    const out = anonymiseDicom(bytes).bytes;
    const before = await readDicom(bytes);
    const after = await readDicom(out);
    const raw = ({ stored }: typeof before) => littleBytes(stored.data as Int16Array);
    expect(Buffer.compare(raw(after), raw(before))).toBe(0);
    expect(after.image).toMatchObject({
      spacing: before.image.spacing,
      origin: before.image.origin,
    });
    for (const tag of [0x00100010, 0x00100020, 0x00100030, 0x00080020, 0x00080090]) {
      expect(textOf(after.file.dataSet, tag)).toBeUndefined();
    }
    const name10 = textOf(before.file.dataSet, 0x00100010);
    if (name10 && name10.length > 5)
      expect(everything(after.file.dataSet.elements)).not.toContain(name10);
  });
});
