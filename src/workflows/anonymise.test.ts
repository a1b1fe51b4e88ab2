import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { testObject, testValues } from "../../test/dicom-objects.ts";
import { textElement } from "../dicom/build.ts";
import { textOf } from "../dicom/elements.ts";
import { parseDicom } from "../dicom/parse.ts";
import { anonymise } from "./anonymise.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-anonymise-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const object = (instance: string) =>
  testObject({
    data: testValues(16, 12, false),
    rows: 4,
    columns: 4,
    bitsStored: 12,
    extra: [textElement(0x00080018, "UI", instance)],
  });

describe("anonymise", () => {
  it("writes a folder's files under new names, consistently, and names what it left out", async () => {
    const study = join(folder, "Jane Doe");
    mkdirSync(join(study, "deep"), { recursive: true });
    writeFileSync(join(study, "jane1.dcm"), await object("2.25.1"));
    writeFileSync(join(study, "deep", "jane2"), await object("2.25.2"));
    writeFileSync(join(study, "deep", "cut.dcm"), (await object("2.25.3")).slice(0, -9));
    writeFileSync(join(study, "notes.txt"), "Jane's notes");
    const output = join(folder, "clean");
    const report = await anonymise(study, output);
    expect(report.written).toHaveLength(2);
    expect(readdirSync(output).sort()).toEqual(report.written.map((path) => basename(path)).sort());
    expect(readdirSync(output).join()).not.toMatch(/jane/i);
    expect(report.refused.map(({ name }) => name)).toEqual([join("deep", "cut.dcm"), "notes.txt"]);
    expect(report.damaged).toBe(1);
    const sets = report.written.map((path) => parseDicom(readFileSync(path)).dataSet);
    expect(textOf(sets[0]!, 0x0020000e)).toBe(textOf(sets[1]!, 0x0020000e));
    expect(textOf(sets[0]!, 0x00080018)).not.toBe(textOf(sets[1]!, 0x00080018));
    expect(report.attributes).toContainEqual({
      tag: "(0008,103E)",
      name: "SeriesDescription",
      deed: "removed",
      count: 2,
    });
  });

  it("writes one file where it is told, never over its source", async () => {
    const input = join(folder, "one.dcm");
    writeFileSync(input, await object("2.25.1"));
    const output = join(folder, "case7.dcm");
    const report = await anonymise(input, output, { patientId: "case 7" });
    expect(report.written).toEqual([output]);
    expect(textOf(parseDicom(readFileSync(output)).dataSet, 0x00100020)).toBe("case 7");
    await expect(anonymise(input, input)).rejects.toThrow(/Cannot write/);
    await expect(anonymise(join(folder, "none.dcm"), output)).rejects.toThrow(/no such file/);
    writeFileSync(join(folder, "bad.dcm"), "not DICOM at all");
    await expect(anonymise(join(folder, "bad.dcm"), join(folder, "x.dcm"))).rejects.toThrow(
      /mismatch/,
    );
    await expect(anonymise(input, output)).rejects.toThrow(/there already/);
    expect((await anonymise(input, output, { force: true })).written).toEqual([output]);
  });
});
