import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import { FormatError, InputError } from "../core/errors.ts";
import { makeImage } from "../core/image.ts";
import { openSlabs } from "./files-slabs.ts";
import { encodeImage, openFile, openPath, saveImage, writeWhole } from "./files.ts";
import { openLcdCt } from "./lcd-ct.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const image = makeImage(
  Float32Array.from({ length: 12 }, (_, i) => i),
  [3, 4],
  { unit: "HU" },
);
const root = fileURLToPath(new URL("../..", import.meta.url));

describe("folders", () => {
  it.skipIf(process.platform === "win32")(
    "skip pipes, dead links and names that are no text, and say so",
    async () => {
      const mixed = join(folder, "odd");
      mkdirSync(mixed);
      await saveImage(join(mixed, "größe 大.nii"), image);
      writeFileSync(
        Buffer.concat([Buffer.from(`${mixed}/gr`), Buffer.of(0xf6, 0xdf), Buffer.from("e.nii")]),
        readFileSync(join(mixed, "größe 大.nii")),
      );
      symlinkSync(join(mixed, "nowhere.nii"), join(mixed, "dead.nii"));
      symlinkSync(join(mixed, "größe 大.nii"), join(mixed, "link.nii"));
      expect(spawnSync("mkfifo", [join(mixed, "pipe.nii")]).status).toBe(0);
      const opened = await openPath(mixed);
      expect(opened.images.map((i) => i.name)).toEqual(["größe 大.nii", "link.nii"]);
      expect(opened.refused.map(({ reason }) => reason).sort()).toEqual([
        "found a link to nothing",
        "found a name that is no UTF-8",
        "found a pipe, wanted a file",
      ]);
      await expect(openFile(join(mixed, "pipe.nii"))).rejects.toThrow(
        /found a pipe, wanted a file/,
      );
      await expect(openSlabs(join(mixed, "pipe.nii"))).rejects.toThrow(/found a pipe, wanted/);
    },
  );

  it("keep the letters of names of data files", async () => {
    for (const name of ["größe.mhd", "大小.nhdr"]) {
      const { paths } = await saveImage(join(folder, name), image);
      expect(paths).toHaveLength(2);
      const back = (await openFile(join(folder, name))).images[0]!.image;
      expect([...back.data]).toEqual([...image.data]);
    }
  });
});

it("refuses headers that claim more than the file holds, by the format's name", async () => {
  const npy = (shape: string) => {
    const text = `{'descr':'<f4','fortran_order':False,'shape':${shape}}`.padEnd(117) + "\n";
    return Buffer.concat([
      Buffer.from([0x93, 78, 85, 77, 80, 89, 1, 0, 118, 0]),
      Buffer.from(text),
      Buffer.alloc(128),
    ]);
  };
  for (const shape of ["(1152921504606846976,4)", "(2147483648,2,2)"]) {
    const path = join(folder, "claim.npy");
    writeFileSync(path, npy(shape));
    await expect(openFile(path)).rejects.toMatchObject({ format: "npy", kind: "too-large" });
    await expect(openSlabs(path)).rejects.toMatchObject({ format: "npy", kind: "truncated" });
  }
});

describe("opening", () => {
  it("goes by content where the name is wrong", async () => {
    const { files } = await encodeImage(image, "a.nii.gz");
    const path = join(folder, "misnamed.png");
    writeFileSync(path, files[0]!.bytes);
    expect((await openFile(path)).format).toBe("nifti");
  });

  it("says what it wanted when it knows neither content nor name", async () => {
    const path = join(folder, "letter.txt");
    writeFileSync(path, "Dear reader");
    await expect(openFile(path)).rejects.toThrow(
      /found first bytes 44 65 61 72 .*wanted one of .*NIfTI/,
    );
    await expect(openFile(join(folder, "nothing.nii"))).rejects.toThrow(
      /found no such file or folder/,
    );
    writeFileSync(join(folder, "empty.nii"), "");
    await expect(openFile(join(folder, "empty.nii"))).rejects.toMatchObject({ kind: "empty" });
  });

  it("unpacks one layer of gzip around any format", async () => {
    const { files } = await encodeImage(image, "a.npy");
    const path = join(folder, "a.npy.gz");
    writeFileSync(path, gzipSync(files[0]!.bytes));
    const opened = await openFile(path);
    expect(opened.format).toBe("npy");
    expect([...opened.images[0]!.image.data]).toEqual([...image.data]);
    writeFileSync(path, gzipSync(gzipSync(files[0]!.bytes)));
    await expect(openFile(path)).rejects.toThrow(/another magic/);
  });

  it("opens a pair by either of its files", async () => {
    await saveImage(join(folder, "pair.hdr"), image);
    for (const name of ["pair.hdr", "pair.img"]) {
      expect([...(await openFile(join(folder, name))).images[0]!.image.data]).toEqual([
        ...image.data,
      ]);
    }
  });

  it("names the file that is cut short, once, whatever its format", async () => {
    const image = makeImage(new Float32Array(32 * 24).fill(3), [32, 24]);
    for (const name of ["a.npy", "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.tif", "a.dcm"]) {
      const path = join(folder, `cut-${name}`);
      const { bytes } = (await encodeImage(image, name)).files[0]!;
      writeFileSync(path, bytes.subarray(0, Math.floor(0.7 * bytes.length)));
      for (const open of [openFile, openSlabs]) {
        if (open === openSlabs && !/npy|nii$|dcm/.test(name)) continue;
        const error = await open(path).then(
          () => undefined,
          (thrown: unknown) => thrown as Error,
        );
        expect(error, name).toBeInstanceOf(FormatError);
        expect(error!.message.split(`cut-${name}`), error!.message).toHaveLength(2);
      }
    }
  });

  it("opens a folder and lists what it had to refuse", async () => {
    const mixed = join(folder, "mixed");
    mkdirSync(mixed);
    await saveImage(join(mixed, "a.nii"), image);
    await saveImage(join(mixed, "b.npy"), image);
    writeFileSync(join(mixed, "c.nii"), "broken");
    const opened = await openPath(mixed);
    expect(opened.images.map((i) => i.name)).toEqual(["a.nii", "b.npy"]);
    expect(opened.refused).toHaveLength(1);
    expect(opened.refused[0]!.reason).toMatch(/NIfTI header/);
  });

  const lcd = join(sharedData, "2_paired_dose");
  it.skipIf(!existsSync(lcd))("opens LCD_CT collections in both of their encodings", async () => {
    const fbp = await openLcdCt(join(lcd, "lcd_ct_fbp"));
    expect(fbp.cases).toHaveLength(42);
    expect([...new Set(fbp.cases.map((c) => c.dose))]).toEqual([0.1, 0.55, 1]);
    expect(fbp.cases.filter((c) => c.signalPresent)).toHaveLength(21);
    const dl = await openLcdCt(join(lcd, "lcd_ct_dl"));
    expect(dl.cases).toHaveLength(4);
    // A water phantom with air around it: the middle is near 0 HU in every slice, whatever the encoding.
    for (const collectionOf of [fbp, dl]) {
      for (const which of collectionOf.cases) {
        const slice = await collectionOf.load(which);
        let sum = 0;
        for (let y = 118; y < 138; y++)
          for (let x = 118; x < 138; x++) sum += slice.data[y * 256 + x]!;
        expect(Math.abs(sum / 400), which.path).toBeLessThan(30);
      }
    }
  });
});

describe("writing", () => {
  it("leaves nothing behind when a folder is absent or is a file", async () => {
    const before = readdirSync(folder);
    await expect(saveImage(join(folder, "no", "a.nii"), image)).rejects.toThrow(
      /found no such file or folder/,
    );
    writeFileSync(join(folder, "plain"), "x");
    await expect(saveImage(join(folder, "plain", "a.nii"), image)).rejects.toThrow(
      /found a file where a folder was wanted/,
    );
    expect(readdirSync(folder).sort()).toEqual([...before, "plain"].sort());
  });

  it("keeps the old file and both halves of a pair when one half cannot be written", async () => {
    const place = join(folder, "half");
    mkdirSync(place);
    writeFileSync(join(place, "a.hdr"), "old");
    const bytes = Uint8Array.of(1, 2, 3);
    const failing = [
      { path: join(place, "a.hdr"), bytes },
      { path: join(place, "absent", "a.img"), bytes },
    ];
    await expect(writeWhole(failing)).rejects.toThrow(InputError);
    expect(readdirSync(place)).toEqual(["a.hdr"]);
    expect(readFileSync(join(place, "a.hdr"), "utf8")).toBe("old");
  });

  it("ends with one clear error and nothing behind when no room is left", () => {
    // A limit on file sizes is met by the same calls as a full disk, and needs no disk to fill.
    const place = join(folder, "full");
    mkdirSync(place);
    const script = `
import { saveImage } from "./src/files/files.ts";
import { makeImage } from "./src/core/image.ts";
import { readdirSync } from "node:fs";
saveImage(${JSON.stringify(join(place, "a.nii"))}, makeImage(new Float32Array(4e6), [2000, 2000])).then(
  () => console.log("written"),
  (error) => console.log(error.name + ": " + error.message + " | " + readdirSync(${JSON.stringify(place)}).length),
);`;
    const ran = spawnSync(
      "bash",
      [
        "-c",
        `ulimit -f 1024; exec "$0" --import tsx --input-type=module -e "$1"`,
        process.execPath,
        script,
      ],
      { cwd: root, encoding: "utf8" },
    );
    expect(ran.stdout.trim()).toMatch(/^RunError: Cannot write .*a\.nii: found .* \| 0$/);
  });

  it("names the formats that can be written for an unknown extension, and refuses read-only ones", async () => {
    await expect(saveImage(join(folder, "a.xyz"), image)).rejects.toThrow(/wanted one of .*\.nii/);
    await expect(saveImage(join(folder, "a.jpg"), image)).rejects.toThrow(
      /JPEG, which is only read/,
    );
  });
});
