import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { haveSharedData, sharedData } from "../../test/shared-data.ts";
import { csaBytes } from "../../test/csa-bytes.ts";
import { testObject, testUids } from "../../test/dicom-objects.ts";
import { withData } from "../core/image.ts";
import {
  bytesElement,
  decimalElement,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "../dicom/build.ts";
import { type DicomElement, textOf } from "../dicom/elements.ts";
import { parseDicom } from "../dicom/parse.ts";
import {
  deflatedLittle,
  explicitLittle,
  implicitLittle,
  jpegLsLossless,
  rleLossless,
} from "../dicom/transfer-syntax.ts";
import { readDicom } from "../dicom/read.ts";
import { seriesFile } from "./files-series.ts";
import { openSeriesSlabs } from "./series-slabs.ts";
import { groupSeries, readSeries, type SeriesFile, writeDerivedSeries } from "./series.ts";

interface Slice {
  readonly position: readonly [number, number, number];
  readonly orientation?: readonly number[];
  readonly instance?: number;
  readonly series?: string;
  readonly type?: readonly string[];
  readonly rows?: number;
  readonly frame?: string;
  readonly spacing?: number;
  readonly extra?: readonly DicomElement[];
}

let made = 0;
async function slice(options: Slice): Promise<SeriesFile> {
  const { position, orientation = [1, 0, 0, 0, 1, 0], rows = 2 } = options;
  const number = ++made;
  const bytes = await testObject({
    data: Int16Array.from({ length: rows * 3 }, (_, i) => number * 10 + i),
    rows,
    columns: 3,
    extra: [
      textElement(0x00080018, "UI", `2.25.7${number}`),
      textElement(0x0020000e, "UI", options.series ?? testUids.series),
      textElement(0x00200013, "IS", String(options.instance ?? number)),
      decimalElement(0x00200032, position),
      decimalElement(0x00200037, orientation),
      ...(options.type ? [textElement(0x00080008, "CS", options.type)] : []),
      ...(options.frame ? [textElement(0x00200052, "UI", options.frame)] : []),
      ...(options.spacing ? [decimalElement(0x00280030, [options.spacing, options.spacing])] : []),
      ...(options.extra ?? []),
    ],
  });
  return { name: `${number}.dcm`, bytes };
}

const slices = (options: readonly Slice[]) => Promise.all(options.map(slice));
const axial = (heights: readonly number[], more: Partial<Slice> = {}) =>
  slices(heights.map((z) => ({ position: [0, 0, z], ...more })));

describe("groupSeries", () => {
  it("sorts by place, whatever the names and instance numbers say", async () => {
    const files = await axial([30, 10, 20, 0]);
    const { series, findings } = groupSeries(files);
    expect(series).toHaveLength(1);
    expect(series[0]).toMatchObject({
      kind: "volume",
      stacking: { step: 10, direction: [0, 0, 1] },
      findings: [],
    });
    expect(series[0]!.files).toEqual([files[3], files[1], files[2], files[0]]);
    expect(findings).toEqual([]);
    const { image, stored } = await readSeries(series[0]!);
    expect(image).toMatchObject({
      axes: "zyx",
      shape: [4, 2, 3],
      spacing: [10, 0.75, 0.5],
      origin: [0, 0, 0],
    });
    const first = (await readDicom(files[3]!.bytes)).image.data;
    expect([...image.data.subarray(0, 6)]).toEqual([...first]);
    expect(stored).toMatchObject({ type: "int16", shape: [4, 2, 3] });
  });

  it("sorts coronal and oblique slices along their own normal", async () => {
    // Rows along x, columns along −z: the normal is +y.
    const coronal = await slices(
      [4, 0, 2].map((y) => ({ position: [0, y, 0] as const, orientation: [1, 0, 0, 0, 0, -1] })),
    );
    const [series] = groupSeries(coronal).series;
    expect(series!.files.map(({ name }) => name)).toEqual(
      [coronal[1]!, coronal[2]!, coronal[0]!].map(({ name }) => name),
    );
    const c = Math.SQRT1_2;
    const oblique = await slices(
      [0, 3, 6].map((t) => ({
        position: [0, -c * t, c * t] as const,
        orientation: [1, 0, 0, 0, c, c],
      })),
    );
    const turned = groupSeries(oblique).series[0]!;
    expect(turned.kind).toBe("volume");
    const { image } = await readSeries(turned);
    expect(image.spacing[0]).toBeCloseTo(3, 9);
    [0, -c, c].forEach((v, i) => expect(image.direction[3 * i + 2]).toBeCloseTo(v, 9));
  });

  it("parts slices at a gap: each part has its own place and the true distance", async () => {
    const files = await axial([0, 5, 10, 20, 25]);
    const { series } = groupSeries(files);
    expect(series.map(({ part, kind, files: f }) => [part, kind, f.length])).toEqual([
      ["part 1 of 2", "volume", 3],
      ["part 2 of 2", "volume", 2],
    ]);
    expect(series[0]!.findings[0]).toBe("gap: 1 slice is missing (between slices 3 and 4)");
    for (const [i, z] of [0, 20].entries()) {
      const { image } = await readSeries(series[i]!);
      expect(image.spacing[0]).toBe(5);
      expect(image.origin[2]).toBe(z);
      expect(image.data[0]).toBe((await readDicom(files[3 * i]!.bytes)).image.data[0]);
    }
  });

  it("refuses slices with a gap, or resamples them, where that is asked for", async () => {
    const files = await axial([0, 5, 10, 20, 25]);
    expect(() => groupSeries(files, { gaps: "refuse" })).toThrow(
      /"Abdomen" as a volume: found gap: 1 slice is missing/,
    );
    expect(groupSeries(await axial([0, 5, 10]), { gaps: "refuse" }).series).toHaveLength(1);
    const [series, ...rest] = groupSeries(files, { gaps: "resample" }).series;
    expect(rest).toEqual([]);
    const { image, stored, findings } = await readSeries(series!);
    expect(image).toMatchObject({ axes: "zyx", shape: [6, 2, 3], spacing: [5, 0.75, 0.5] });
    expect(stored).toBeUndefined();
    expect(findings.join()).toContain("1 of 6 slices are interpolated");
    const slice = (k: number) => [...image.data.subarray(6 * k, 6 * k + 6)];
    expect(slice(3)).toEqual(slice(2).map((v, i) => (v + slice(4)[i]!) / 2));
    // The slices that are there go out, each from its own source; the interpolated one has none.
    const written: SeriesFile[] = [];
    for await (const file of writeDerivedSeries(series!, image, { method: "x" }))
      written.push(file);
    expect(written.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
    for (const [k, file] of written.entries()) {
      const own = (await readDicom(files[k]!.bytes)).image.data;
      expect((await readDicom(file.bytes)).image.data).toEqual(own);
    }
    await expect(openSeriesSlabs(series!)).rejects.toThrow(/interpolate/);
  });

  it("takes small differences of written directions and spacings for none, and larger for some", async () => {
    const jitter = (k: number) => [0.992156741 + 1e-7 * (k % 2), 0.125 - 1e-7 * (k % 3), 0];
    const turned = await slices(
      [0, 2, 4, 6, 8].map((z, k) => {
        const [x, y] = jitter(k) as [number, number];
        return { position: [0, 0, z] as const, orientation: [x, y, 0, -y, x, 0] };
      }),
    );
    expect(groupSeries(turned).series.map(({ kind, files: f }) => [kind, f.length])).toEqual([
      ["volume", 5],
    ]);
    // Values on both sides of where rounding to two digits would part them.
    const edge = await slices(
      [0.00499, 0.00501].map((y, k) => ({
        position: [0, 0, k] as const,
        orientation: [Math.sqrt(1 - y * y), y, 0, -y, Math.sqrt(1 - y * y), 0],
      })),
    );
    expect(groupSeries(edge).series).toHaveLength(1);
    const degree = await slices(
      [0, 1, 2].map((k) => {
        const a = (k * Math.PI) / 180;
        return {
          position: [0, 0, k] as const,
          orientation: [Math.cos(a), Math.sin(a), 0, -Math.sin(a), Math.cos(a), 0],
        };
      }),
    );
    expect(groupSeries(degree).series).toHaveLength(3);
    const pitch = (spacing: number, z: number) => slice({ position: [0, 0, z], spacing });
    const near = await Promise.all([0.70004, 0.70006, 0.70005].map(pitch));
    expect(groupSeries(near).series).toHaveLength(1);
    const far = await Promise.all([0.7, 0.7, 0.703].map(pitch));
    expect(groupSeries(far).series.map(({ files: f }) => f.length)).toEqual([2, 1]);
  });

  it("knows a slice in two encodings for one slice", async () => {
    const object = (z: number, transferSyntax: string, more: readonly DicomElement[]) =>
      testObject({
        data: Int16Array.from({ length: 64 }, (_, i) => i * z),
        rows: 8,
        columns: 8,
        transferSyntax,
        extra: [
          textElement(0x00200013, "IS", String(z)),
          decimalElement(0x00200032, [0, 0, z]),
          ...more,
        ],
      });
    const uid = (text: string) => textElement(0x00080018, "UI", text);
    const files = (
      await Promise.all(
        [1, 2, 3].flatMap((z) => [
          // Under the same UID, and under a new one as what lost something has.
          object(z, jpegLsLossless, [uid(`2.25.5${z}`)]),
          object(z, explicitLittle, [uid(`2.25.5${z}`)]),
          object(z, rleLossless, [
            uid(`2.25.6${z}`),
            textElement(0x00080008, "CS", ["DERIVED", "PRIMARY", "AXIAL"]),
            textElement(0x00282110, "CS", "01"),
          ]),
        ]),
      )
    ).map((bytes, i) => ({ name: `${i}.dcm`, bytes }));
    const { series, findings } = groupSeries(files);
    expect(series).toHaveLength(1);
    expect(series[0]).toMatchObject({ volumes: 1, kind: "volume" });
    expect(series[0]!.files.map(({ name }) => name)).toEqual(["1.dcm", "4.dcm", "7.dcm"]);
    expect(findings.join()).toContain('6 files of series "Abdomen" hold an image that another one');
  });

  it("tells volumes in time apart by what they say where one of them lacks a slice", async () => {
    const volumes = await Promise.all(
      [1, 2, 3].flatMap((t) =>
        [0, 2, 4, 6]
          .filter((z) => t !== 2 || z !== 4)
          .map((z) =>
            slice({
              position: [0, 0, z],
              instance: 10 * t + z,
              extra: [textElement(0x00200012, "IS", String(t))],
            }),
          ),
      ),
    );
    const { series } = groupSeries(volumes);
    expect(series.map(({ files: f, volumes: v }) => [f.length, v])).toEqual([
      [8, 2],
      [2, 1],
      [1, 1],
    ]);
    expect(series[0]!.findings.join()).toContain("by acquisition number");
    expect(series.flatMap(({ duplicates }) => duplicates)).toEqual([]);
  });

  it("calls labels and dose grids what they are", async () => {
    const of = (sop: string, extra: readonly DicomElement[] = []) =>
      slice({ position: [0, 0, 0], extra: [textElement(0x00080016, "UI", sop), ...extra] });
    const segmentation = "1.2.840.10008.5.1.4.1.1.66.4";
    const dose = [decimalElement(0x3004000e, 0.1)];
    const kinds = await Promise.all([
      of(segmentation),
      of("1.2.840.10008.5.1.4.1.1.66.7"),
      of("1.2.840.10008.5.1.4.1.1.2", [
        textElement(0x00080008, "CS", ["DERIVED", "SECONDARY", "LABEL"]),
      ]),
      of("1.2.840.10008.5.1.4.1.1.481.2", dose),
      of("1.2.840.10008.5.1.4.1.1.2"),
    ]);
    expect(kinds.map((file) => groupSeries([file]).series[0]!.noImage)).toEqual([
      "a segmentation",
      "a segmentation",
      "a label map",
      "a dose grid",
      undefined,
    ]);
  });

  it("reads mosaics at one place as volumes in time", async () => {
    const csa = csaBytes(
      [
        { name: "First", vr: "IS", values: [] },
        { name: "NumberOfImagesInMosaic", vr: "US", values: ["4"] },
        { name: "SliceNormalVector", vr: "FD", values: ["0.0", "0.0", "1.0"] },
      ],
      2,
    );
    const files = await Promise.all(
      [3, 1, 2].map(async (instance) => ({
        name: `${instance}.dcm`,
        bytes: await testObject({
          data: Uint16Array.from({ length: 16 }, (_, i) => 100 * instance + i),
          rows: 4,
          columns: 4,
          extra: [
            textElement(0x00080008, "CS", ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]),
            textElement(0x00080070, "LO", "SIEMENS"),
            textElement(0x00080018, "UI", `2.25.8${instance}`),
            textElement(0x00200013, "IS", String(instance)),
            textElement(0x00290010, "LO", "SIEMENS CSA HEADER"),
            bytesElement(0x00291010, "OB", csa),
          ],
        }),
      })),
    );
    const [series, ...rest] = groupSeries(files).series;
    expect(rest).toEqual([]);
    const { image } = await readSeries(series!);
    expect(image).toMatchObject({ axes: "tzyx", shape: [3, 4, 2, 2] });
    expect([...image.data.subarray(0, 8)]).toEqual([100, 101, 104, 105, 102, 103, 106, 107]);
    expect(image.data[16]).toBe(200);
    const changed = withData(
      image,
      image.data.map((v) => v + 1),
    );
    const written: SeriesFile[] = [];
    for await (const file of writeDerivedSeries(series!, changed, { method: "x" }))
      written.push(file);
    expect((await readSeries(groupSeries(written).series[0]!)).image).toEqual(changed);
    await expect(openSeriesSlabs(series!)).rejects.toThrow(/mosaics/);
  });

  it("places enhanced objects of one frame by their functional groups", async () => {
    const files = await Promise.all(
      [4, 0, 2].map((z) =>
        slice({
          position: [9, 9, 9],
          extra: [
            sequenceElement(0x52009230, [
              itemOf([
                sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [0, 0, z])])]),
                sequenceElement(0x00209116, [
                  itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])]),
                ]),
              ]),
            ]),
          ],
        }),
      ),
    );
    const [series] = groupSeries(files).series;
    expect(series).toMatchObject({ kind: "volume", stacking: { step: 2 } });
    expect(series!.files).toEqual([files[1], files[2], files[0]]);
  });

  it("names uneven steps and duplicates", async () => {
    const uneven = groupSeries(await axial([0, 5, 10, 12, 17])).series;
    expect(uneven[0]!.findings[0]).toBe("uneven steps: 1 of 4 differ from 5 mm, from 2 mm to 5 mm");
    expect(uneven.map(({ files: f }) => f.length)).toEqual([3, 2]);
    const files = await axial([0, 5, 5, 10]);
    const double = groupSeries(files).series[0]!;
    expect(double.files.map(({ name }) => name)).toEqual(
      [files[0]!, files[1]!, files[3]!].map(({ name }) => name),
    );
    expect(double.duplicates).toEqual([files[2]]);
    expect(double.findings.join()).toMatch(/1 slice at a place that another one has/);
    expect(double.kind).toBe("volume");
  });

  it("reads repeated places as volumes in time", async () => {
    const files = await axial([0, 2, 4, 0, 2, 4]);
    const { series } = groupSeries(files);
    expect(series[0]).toMatchObject({ volumes: 2, kind: "volume", duplicates: [] });
    const { image } = await readSeries(series[0]!);
    expect(image).toMatchObject({ axes: "tzyx", shape: [2, 3, 2, 3] });
    const fourth = (await readDicom(files[3]!.bytes)).image.data;
    expect([...image.data.subarray(18, 24)]).toEqual([...fourth]);
  });

  it("names gantry tilt and keeps the true place of every voxel", async () => {
    const angle = (14 * Math.PI) / 180;
    const orientation = [1, 0, 0, 0, Math.cos(angle), -Math.sin(angle)];
    const files = await slices(
      [0, 5, 10].map((z) => ({ position: [0, 0, z] as const, orientation })),
    );
    const [series] = groupSeries(files).series;
    expect(series!.findings.join()).toMatch(/gantry tilt: .* 14°/);
    const { image } = await readSeries(series!);
    expect(image.spacing[0]).toBeCloseTo(5, 9);
    [0, 0, 1].forEach((v, i) => expect(image.direction[3 * i + 2]).toBeCloseTo(v, 6));
  });

  it("splits mixed orientation, sizes, frames of reference and localizers, and says so", async () => {
    const files = [
      ...(await axial([0, 5, 10])),
      ...(await slices([{ position: [0, 0, 0], orientation: [0, 1, 0, 0, 0, -1] }])),
      ...(await slices([{ position: [0, 0, 0], type: ["ORIGINAL", "PRIMARY", "LOCALIZER"] }])),
      ...(await slices([{ position: [0, 0, 40], rows: 5 }])),
      ...(await slices([{ position: [0, 0, 50], frame: "2.25.9" }])),
    ];
    const { series, findings } = groupSeries(files);
    expect(series.map(({ kind, files: f }) => `${kind} ${f.length}`).sort()).toEqual([
      "localizer 1",
      "single 1",
      "single 1",
      "single 1",
      "volume 3",
    ]);
    expect(findings).toHaveLength(1);
    for (const word of [
      "localizers",
      "mixed orientation",
      "mixed size",
      "mixed frames of reference",
    ]) {
      expect(findings[0]).toContain(word);
    }
    expect(series.find(({ kind }) => kind === "localizer")!.findings).toEqual([
      "localizer images, not a volume",
    ]);
  });

  it("refuses what is no image by name and reason, and keeps other series apart", async () => {
    const files = [
      ...(await axial([0, 5])),
      ...(await axial([0, 5, 10], { series: "2.25.55" })),
      {
        name: "notes.txt",
        bytes: new TextEncoder().encode("not an image, but long enough to look at"),
      },
      { name: "empty.dcm", bytes: new Uint8Array(0) },
      { name: "cut.dcm", bytes: (await axial([0]))[0]!.bytes.slice(0, -5) },
      {
        name: "plan.dcm",
        bytes: await testObject({
          data: Uint8Array.of(0),
          rows: 1,
          columns: 1,
          without: [0x7fe00010],
        }),
      },
    ];
    const { series, refused } = groupSeries(files);
    expect(series.map(({ files: f }) => f.length)).toEqual([2, 3]);
    expect(refused.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "notes.txt mismatch",
      "empty.dcm empty",
      "cut.dcm truncated",
      "plan.dcm mismatch",
    ]);
  });
});

describe("writeDerivedSeries", () => {
  it("writes each slice of its own source under one new series", async () => {
    const files = await axial([20, 0, 10]);
    const [series] = groupSeries(files).series;
    const { image } = await readSeries(series!);
    const changed = withData(
      image,
      image.data.map((v) => v + 1),
    );
    const written: SeriesFile[] = [];
    for await (const file of writeDerivedSeries(series!, changed, { method: "x" }))
      written.push(file);
    const sets = written.map(({ bytes }) => parseDicom(bytes).dataSet);
    expect(new Set(sets.map((set) => textOf(set, 0x0020000e))).size).toBe(1);
    expect(textOf(sets[0]!, 0x0020000e)).not.toBe(testUids.series);
    expect(new Set(sets.map((set) => textOf(set, 0x00080018))).size).toBe(3);
    const back = await readSeries(groupSeries(written).series[0]!);
    expect(back.image).toEqual(changed);
  });
});

const data = sharedData;
if (!haveSharedData)
  process.stderr.write(`series: skipped real series, no image collection at ${data}\n`);

describe.skipIf(!haveSharedData)("real series", () => {
  const folder = (name: string) =>
    groupSeries(
      readdirSync(join(data, name)).map((file) => ({
        name: file,
        bytes: readFileSync(join(data, name, file)),
      })),
    );

  it.each([
    ["7_malformed/series_geometry_gantrytilt", "volume", /gantry tilt: .* 14°/],
    ["7_malformed/series_geometry_sliceincrement_001", "volume", /gap: 1 slice is missing/, 2],
    ["7_malformed/series_geometry_notavolume_001", "slices", /every place occurs 4 times/],
    ["7_malformed/rtutils_oriented", "volume", /^$/],
    ["6_phantoms/acr_mri_SiemensMTF", "volume", /^$/],
  ])("%s is %s", (name, kind, finding, parts = 1) => {
    const { series } = folder(name);
    expect(series).toHaveLength(parts);
    expect(series[0]!.kind).toBe(kind);
    expect(series[0]!.findings.join("; ")).toMatch(finding);
  });
});

describe("readSeries in threads", () => {
  it("gives what one thread gives, and the error of the slice that is bad", async () => {
    const files = await Promise.all(
      Array.from({ length: 18 }, async (_, k) => ({
        name: `${k}.dcm`,
        bytes: await testObject({
          data: Int16Array.from({ length: 64 }, (_, i) => i * k - 90),
          rows: 8,
          columns: 8,
          transferSyntax: jpegLsLossless,
          extra: [
            textElement(0x00200013, "IS", String(k)),
            decimalElement(0x00200032, [0, 0, k]),
            decimalElement(0x00281053, 1 + k / 8),
            decimalElement(0x00281052, -k),
          ],
        }),
      })),
    );
    const [series] = groupSeries(files).series;
    const alone = await readSeries(series!, { threads: 1 });
    const together = await readSeries(series!, { threads: 2 });
    expect(together).toEqual(alone);
    expect(alone.stored!.planes!.slope[8]).toBe(2);
    const bad = {
      ...series!,
      files: series!.files.map((file, k) =>
        k === 11 ? { ...file, bytes: file.bytes.slice(0, -30) } : file,
      ),
    };
    await expect(readSeries(bad, { threads: 2 })).rejects.toMatchObject({
      name: "FormatError",
      kind: "truncated",
    });
    await expect(readSeries(bad, { threads: 2 })).rejects.toThrow(/11\.dcm/);
  });
});

/** Equality of bytes: the test framework walks through long arrays element by element. */
const same = (a: Uint8Array | Float32Array, b: Uint8Array | Float32Array): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );

describe("series of files on the disk", () => {
  it("are sorted by their headers as by whole files, and read when wanted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dprime-series-"));
    const rows = 160;
    const whole: SeriesFile[] = [];
    // Slices longer than the piece that is read first, in every way in which pixels can lie in a file.
    const syntaxes = [explicitLittle, implicitLittle, rleLossless, jpegLsLossless, deflatedLittle];
    for (const [k, transferSyntax] of [...syntaxes, ...syntaxes].entries()) {
      const bytes = await testObject({
        data: Int16Array.from({ length: rows * 300 }, (_, i) => ((i * i * 7919) % 2003) + k),
        rows,
        columns: 300,
        transferSyntax,
        extra: [
          textElement(0x00200013, "IS", String(k + 1)),
          decimalElement(0x00200032, [0, 0, 50 - 3 * k]),
          ...(k === 4 ? [numberElement(0x00280120, "SS", 1)] : []),
        ],
      });
      whole.push({ name: `${k}`, bytes });
      writeFileSync(join(folder, `${k}`), bytes);
    }
    writeFileSync(join(folder, "notes.txt"), "no slice");
    const names = [...whole.map(({ name }) => name), "notes.txt"];
    const read = await Promise.all(names.map((name) => seriesFile(folder, name)));
    expect(read.pop()).toBeUndefined();
    const files = read.map((file) => file!);
    for (const [k, file] of files.entries()) {
      expect(same(await (file.load?.() ?? file.bytes), whole[k]!.bytes)).toBe(true);
      // The pixels of deflated objects cannot be told from the header without unpacking.
      const short = whole[k]!.bytes.length <= 2 ** 16;
      if (k % 5 !== 4 && !short) expect(file.bytes.length).toBeLessThan(2000);
    }
    const [byHeader, byWhole] = [groupSeries(files), groupSeries(whole)];
    expect(byHeader.findings).toEqual(byWhole.findings);
    expect(byHeader.series.map((one) => one.files.map(({ name }) => name))).toEqual(
      byWhole.series.map((one) => one.files.map(({ name }) => name)),
    );
    const [series] = byHeader.series;
    const all = await readSeries(byWhole.series[0]!);
    const again = await readSeries(series!);
    expect(same(again.image.data, all.image.data)).toBe(true);
    expect(again.findings).toEqual(all.findings);
    const slabs = await openSeriesSlabs(series!);
    const { data: _, ...place } = all.image;
    const { data: __, ...againPlace } = again.image;
    expect(againPlace).toEqual(place);
    expect(slabs.image).toEqual(place);
    const part = await slabs.read(3, 4);
    const wanted = all.image.data.subarray(3 * rows * 300, 7 * rows * 300);
    expect(same(part.data, wanted)).toBe(true);
    expect(part.origin[2]).toBeCloseTo(all.image.origin[2] + 9, 9);
    // A file cut short is told before any work, as from the whole file.
    truncateSync(join(folder, "7"), whole[7]!.bytes.length - 5000);
    const cut = groupSeries([(await seriesFile(folder, "7"))!]);
    expect(cut.refused[0]).toMatchObject({ name: "7", kind: "truncated" });
    rmSync(folder, { recursive: true });
  });
});
