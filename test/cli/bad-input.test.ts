/** Whatever is wrong with the input or the place: one line that names it, the right code, no leftovers. */
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { writeNewDicom } from "../../src/dicom/create.ts";
import { encodeImage } from "../../src/files/files.ts";
import { buildOnce, dprime, interrupted, namesIn, newFolder } from "./dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const method = ["--method", "total-variation", "--quiet"];

/** A 64 × 64 disc with noise. */
function disc(seed = 1, size = 64) {
  const stream = streamOf(seed, "bad-input");
  const data = Float32Array.from({ length: size * size }, (_, i) => {
    const inside = Math.hypot((i % size) - size / 2, Math.floor(i / size) - size / 2) < size / 3;
    return (inside ? 60 : 0) + 5 * stream.normal();
  });
  return makeImage(data, [size, size], { spacing: [1, 1, 1], unit: "HU" });
}

async function bytesAs(name: string, image = disc(), type?: "uint8"): Promise<Uint8Array> {
  // Only colours are written as bytes here.
  const options = type === undefined ? {} : ({ type, kind: "rgb" } as const);
  const { files } = await encodeImage(image, name, options);
  return files[0]!.bytes;
}

/** Input files by name, each with what its one line must say. */
const bad: readonly {
  readonly name: string;
  readonly says: RegExp;
  readonly bytes: () => Promise<Uint8Array> | Uint8Array;
}[] = [
  { name: "empty.dcm", says: /empty/, bytes: () => new Uint8Array(0) },
  {
    name: "text.dcm",
    says: /Cannot read/,
    bytes: () => new TextEncoder().encode("this is no image, whatever its name says\n".repeat(20)),
  },
  { name: "unknown.xyz", says: /first bytes/, bytes: () => new Uint8Array(400).fill(7) },
  {
    name: "cut.dcm",
    says: /truncated.*byte \d+/,
    bytes: async () => (await writeNewDicom(disc())).bytes.subarray(0, 3000),
  },
  {
    name: "cut.npy",
    says: /truncated.*byte \d+/,
    bytes: async () => (await bytesAs("a.npy")).subarray(0, 5000),
  },
  {
    name: "cut.nii",
    says: /truncated.*byte \d+/,
    bytes: async () => (await bytesAs("a.nii")).subarray(0, 5000),
  },
  {
    name: "cut.png",
    says: /\(png, (truncated|corrupt), byte \d+ of [^)]*\.png\)/,
    bytes: async () => (await bytesAs("a.png", wholeDisc(), "uint8")).subarray(0, 300),
  },
  {
    name: "nan.npy",
    says: /found 4096 of 4096 values that are no finite numbers/,
    bytes: () => bytesAs("a.npy", makeImage(new Float32Array(4096).fill(NaN), [64, 64])),
  },
  {
    name: "one.npy",
    says: /an image of 1 × 1 pixels/,
    bytes: () => bytesAs("a.npy", makeImage(new Float32Array(1), [1, 1])),
  },
  {
    name: "vector.mha",
    says: /an image of 3 channels: found vector, wanted grey, RGB, or either with alpha/,
    bytes: async () => {
      const image = makeImage(new Float32Array(3 * 256).fill(9), [3, 16, 16], { axes: "cyx" });
      return (await encodeImage(image, "a.mha", { kind: "vector" })).files[0]!.bytes;
    },
  },
  {
    name: "huge.npy",
    says: /too-large|truncated/,
    bytes: async () => claim(await bytesAs("a.npy"), "(64, 64)", "(9999999, 9999999)"),
  },
  {
    name: "huge.nii",
    says: /too-large|truncated/,
    bytes: async () => {
      const bytes = (await bytesAs("a.nii")).slice();
      const view = new DataView(bytes.buffer);
      for (const at of [42, 44, 46]) view.setInt16(at, 32767, true);
      return bytes;
    },
  },
  {
    name: "huge.png",
    says: /\(png, (too-large|corrupt), byte \d+ of [^)]*huge\.png\)/,
    bytes: async () => {
      const bytes = (await bytesAs("a.png", wholeDisc(), "uint8")).slice();
      new DataView(bytes.buffer).setUint32(16, 0x7fffffff);
      return bytes;
    },
  },
];

function wholeDisc() {
  const image = disc();
  return { ...image, data: image.data.map((v) => Math.round(Math.max(0, v))) };
}

/** An NPY header with another shape of the same length. */
function claim(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const header = Buffer.from(bytes).toString("latin1");
  const at = header.indexOf(from);
  const changed = Buffer.from(header.replace(from, to), "latin1");
  // The header is padded with spaces, as many fewer as the new shape is longer.
  const end = changed.indexOf("\n", at);
  return Buffer.concat([
    changed.subarray(0, end - (to.length - from.length)),
    changed.subarray(end),
  ]);
}

describe("dprime denoise refuses", () => {
  it.each(bad)("$name", async ({ name, says, bytes }) => {
    const folder = newFolder("bad");
    const input = join(folder, name);
    writeFileSync(input, await bytes());
    const { code, out, err } = dprime([
      "denoise",
      input,
      "-o",
      join(folder, "out.npy"),
      "--figure",
      join(folder, "out.png"),
      ...method,
    ]);
    expect(err).toMatch(/^dprime denoise: Cannot [^\n]*\n$/);
    expect(err).toMatch(says);
    // In a folder of hundreds it matters which file it is.
    if (/^(cut|huge)\./.test(name)) expect(err).toContain(name);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(namesIn(folder)).toEqual([name]);
  });

  it.each([
    ["a missing file", ["absent.dcm", "-o", "out.npy"], /absent\.dcm: found no such file/],
    ["an empty folder", ["empty", "-o", "out"], /found an empty folder, wanted images/],
    ["a file as output folder", ["good.npy", "-o", "good.npy/x.npy"], /found no folder but a file/],
    ["the input as output", ["good.npy", "-o", "good.npy"], /found the input itself/],
    ["an unknown output format", ["good.npy", "-o", "out.docx"], /out\.docx|found/],
    [
      "a taken output folder",
      ["series", "-o", "taken"],
      /wanted a new or empty folder, or --force/,
    ],
    ["the input folder as output", ["series", "-o", "series"], /found the input itself/],
    [
      "an output that is there",
      ["good.npy", "-o", "taken/a.npy"],
      /found a file that is there already, wanted a new one or --force/,
    ],
    [
      "one file as output and figure",
      ["good.npy", "-o", "out.png", "--figure", "./out.png"],
      /found it as output and as figure, wanted two places/,
    ],
    [
      "a figure over the input",
      ["good.png", "-o", "o.npy", "--figure", "good.png", "--force"],
      /found the input itself/,
    ],
    ["a format that is only read", ["good.npy", "-o", "out.jpg"], /JPEG.*only read/],
    [
      "a format that cannot hold the values",
      ["good.npy", "-o", "out.png"],
      /found values that PNG does not hold as uint8, uint16/,
    ],
    [
      "a slice that is not there",
      ["good.npy", "-o", "o.npy", "--figure", "f.png", "--slice", "5"],
      /found 1 slices, wanted an index from 0 to 0/,
    ],
    [
      "an unknown method",
      ["good.npy", "-o", "o.npy", "--method", "magic"],
      /magic: found no such method/,
    ],
    [
      "a missing model",
      ["good.npy", "-o", "o.npy", "--method", "absent.onnx"],
      /Cannot open the model absent\.onnx/,
    ],
    [
      "a model that is none",
      ["good.npy", "-o", "o.npy", "--method", "bad.onnx"],
      /found bytes that are no ONNX protobuf|found no graph/,
    ],
    [
      "a provider for a classical method",
      ["good.npy", "-o", "o.npy", "--method", "median", "--provider", "webgpu"],
      /found a classical method, wanted a trained model/,
    ],
    [
      "an unknown parameter",
      ["good.npy", "-o", "o.npy", "--param", "magic=1"],
      /no such parameter/,
    ],
    ["a bad number", ["good.npy", "-o", "o.npy", "--sigma", "lots"], /--sigma: found "lots"/],
    ["a bad strength", ["good.npy", "-o", "o.npy", "--strength", "2"], /from 0 to 1/],
    ["a bad window", ["good.npy", "-o", "o.npy", "--window", "9,1"], /--window: found "9,1"/],
    [
      "a figure of no kind",
      ["good.npy", "-o", "o.npy", "--figure", "f.bmp"],
      /wanted \.png or \.svg/,
    ],
    ["no output", ["good.npy"], /no option -o, --output <PATH>/],
  ])("%s", async (_, words, says) => {
    const folder = newFolder("place");
    writeFileSync(join(folder, "good.npy"), await bytesAs("a.npy"));
    const { mkdirSync } = await import("node:fs");
    writeFileSync(join(folder, "bad.onnx"), "this is no model");
    mkdirSync(join(folder, "empty"));
    mkdirSync(join(folder, "series"));
    mkdirSync(join(folder, "taken"));
    for (const place of ["series", "taken"]) {
      writeFileSync(join(folder, place, "a.npy"), await bytesAs("a.npy"));
    }
    writeFileSync(join(folder, "good.png"), await bytesAs("a.png", wholeDisc(), "uint8"));
    const before = namesIn(folder);
    const withMethod = words.includes("--method") ? words : [...words, ...method];
    const { code, out, err } = dprime(["denoise", ...withMethod], { cwd: folder });
    expect(err).toMatch(/^dprime denoise: Cannot [^\n]*\n$/);
    expect(err).toMatch(says);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(namesIn(folder)).toEqual(before);
  });

  it("a series with a damaged slice", async () => {
    const folder = newFolder("series");
    const { mkdirSync } = await import("node:fs");
    mkdirSync(join(folder, "in"));
    const whole = (await writeNewDicom(disc())).bytes;
    writeFileSync(join(folder, "in", "1.dcm"), whole);
    writeFileSync(join(folder, "in", "2.dcm"), whole.subarray(0, whole.length - 999));
    const { code, err } = dprime(["denoise", "in", "-o", "out", ...method], { cwd: folder });
    expect(err).toMatch(/^dprime denoise: Cannot work on in: found the damaged file 2\.dcm .*\n$/);
    expect(code).toBe(2);
    expect(namesIn(folder)).toEqual(["in", "in/1.dcm", "in/2.dcm"]);
  });
});

describe("dprime denoise fails without leftovers", () => {
  it.each(["out.npy", "out.dcm", "out.nii.gz"])("on a full disk, writing %s", async (output) => {
    const folder = newFolder("full");
    writeFileSync(join(folder, "a.dcm"), (await writeNewDicom(disc(1, 128))).bytes);
    // A limit of 8 KiB per file stands for a disk without room.
    const { code, out, err } = dprime(["denoise", "a.dcm", "-o", output, ...method], {
      cwd: folder,
      shell: "ulimit -f 8",
    });
    expect(err).toMatch(/^dprime denoise: Cannot write out\.[^\n]*\n$/);
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(namesIn(folder)).toEqual(["a.dcm"]);
  });

  it("on a full disk, halfway through a folder", async () => {
    const folder = newFolder("full-folder");
    const { mkdirSync } = await import("node:fs");
    mkdirSync(join(folder, "in"));
    writeFileSync(join(folder, "in", "1.npy"), await bytesAs("a.npy", disc(1, 32)));
    writeFileSync(join(folder, "in", "2.npy"), await bytesAs("a.npy", disc(1, 128)));
    const { code, err } = dprime(["denoise", "in", "-o", "out", ...method], {
      cwd: folder,
      shell: "ulimit -f 8",
    });
    expect(err).toMatch(/^dprime denoise: Cannot write [^\n]*\n$/);
    expect(code).toBe(1);
    expect(namesIn(folder)).toEqual(["in", "in/1.npy", "in/2.npy"]);
  });

  it.skipIf(process.platform !== "linux")("in a place that nobody can write to", async () => {
    const folder = newFolder("unwritable");
    writeFileSync(join(folder, "a.npy"), await bytesAs("a.npy"));
    const { code, err } = dprime(["denoise", "a.npy", "-o", "/proc/out.npy", ...method], {
      cwd: folder,
    });
    expect(err).toMatch(/^dprime denoise: Cannot write \/proc\/out\.npy: [^\n]*\n$/);
    expect([1, 2]).toContain(code);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("on %s, with exit code 130", async (signal) => {
    const folder = newFolder("signal");
    const input = join(folder, "a.npy");
    writeFileSync(input, await bytesAs("a.npy", disc(1, 1024)));
    const { code, out, err } = await interrupted(
      // Large enough to be busy for long after the first line of progress.
      ["denoise", input, "-o", join(folder, "o.npy"), "--method", "non-local-means"],
      { when: /progress/, signal },
    );
    expect(code).toBe(130);
    expect(err.trimEnd().split("\n").at(-1)).toMatch(/^dprime denoise: Cancelled/);
    expect(out).toBe("");
    expect(namesIn(folder)).toEqual(["a.npy"]);
  });

  describe("converting a large file", () => {
    const folder = newFolder("convert-signal");
    const input = join(folder, "a.nii");
    beforeAll(async () => {
      const head = (
        await encodeImage(makeImage(new Float32Array(4), [1, 2, 2]), "a.nii", { type: "int16" })
      ).files[0]!.bytes.slice();
      // 80 planes of 512 × 512 of a file with a hole.
      new Int16Array(head.buffer, 40, 4).set([3, 512, 512, 80]);
      writeFileSync(input, head);
      truncateSync(input, 352 + 2 * 80 * 512 ** 2);
    });

    it.each([
      ["SIGINT", "o.nii.gz", /converting slabs/],
      ["SIGTERM", "o.npy", /converting slabs/],
      ["SIGHUP", "o.mha", /encoding/],
      ["SIGINT", "o.nrrd", /comparing/],
      ["SIGTERM", "o.mha", /writing/],
    ] as const)("on %s, to %s", async (signal, output, when) => {
      const { code, out, err } = await interrupted(
        ["convert", input, "-o", join(folder, output), "--memory", "64"],
        {
          when,
          signal,
        },
      );
      expect(err.trimEnd().split("\n").at(-1)).toMatch(/^dprime convert: Cancelled/);
      expect(code).toBe(130);
      expect(out).toBe("");
      expect(namesIn(folder)).toEqual(["a.nii"]);
    });
  });

  it("keeps an older result when the new one fails", async () => {
    const folder = newFolder("older");
    writeFileSync(join(folder, "a.dcm"), (await writeNewDicom(disc(1, 128))).bytes);
    writeFileSync(join(folder, "out.npy"), "older");
    const { code } = dprime(["denoise", "a.dcm", "-o", "out.npy", "--force", ...method], {
      cwd: folder,
      shell: "ulimit -f 8",
    });
    expect(code).toBe(1);
    expect(readFileSync(join(folder, "out.npy"), "utf8")).toBe("older");
  });
});
