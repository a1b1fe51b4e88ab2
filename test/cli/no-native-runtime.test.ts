/** Networks without the native binding of ONNX Runtime: same numbers, in WebAssembly, and one line that says so. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { openFile, saveImage } from "../../src/files/files.ts";
import { buildOnce, dprime, newFolder } from "./dprime.ts";

beforeAll(buildOnce);

const folder = newFolder("no-native");
/** Makes a package look as if it were not installed, in this process and in its worker threads. */
const hide = join(folder, "hide.cjs");
writeFileSync(
  hide,
  `const { Module } = require("node:module");
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  if (request !== "onnxruntime-node") return resolve.call(this, request, ...rest);
  throw Object.assign(new Error("Cannot find module 'onnxruntime-node'"), { code: "MODULE_NOT_FOUND" });
};
`,
);

function withoutNative(words: readonly string[]) {
  const shell = `export NODE_OPTIONS="--require ${hide}"`;
  return dprime(words, { shell });
}

it("names the version that package.json asks for", () => {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  const { optionalDependencies } = JSON.parse(text) as {
    optionalDependencies: Record<string, string>;
  };
  expect(optionalDependencies["onnxruntime-node"]).toBe("~1.30.0");
});

it("denoises in WebAssembly as natively, and says so in one line", async () => {
  const noise = streamOf(1, "no native").normals(40 * 36);
  const data = Float32Array.from(noise, (v, i) => 100 + 10 * v + 2 * (i % 36));
  const image = makeImage(data, [40, 36]);
  const source = join(folder, "noisy.nii");
  await saveImage(source, image);
  const words = ["denoise", source, "--method", "drunet-light", "--sigma", "10"];
  const native = dprime([...words, "-o", join(folder, "native.nii")]);
  expect(native).toMatchObject({ code: 0 });
  expect(native.err).not.toContain("WebAssembly");
  for (const [name, more] of [
    ["wasm.nii", []],
    ["wasm-cpu.nii", ["--provider", "cpu"]],
  ] as const) {
    const ran = withoutNative([...words, "-o", join(folder, name), ...more]);
    expect(ran).toMatchObject({ code: 0 });
    const lines = ran.err.split("\n").filter((line) => line.includes("WebAssembly"));
    expect(lines).toEqual([
      "note: Networks run in WebAssembly, about three times slower: onnxruntime-node is not installed; to install it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30",
    ]);
  }
  const read = async (name: string) => {
    const { images } = await openFile(join(folder, name));
    return images[0]!.image.data;
  };
  const wanted = await read("native.nii");
  for (const name of ["wasm.nii", "wasm-cpu.nii"]) {
    const found = await read(name);
    // Float32 through some thirty layers in two orders of summation, on values around 150.
    const worst = found.reduce((most, v, i) => Math.max(most, Math.abs(v - wanted[i]!)), 0);
    expect(worst).toBeLessThan(0.01);
    expect(worst).toBeGreaterThan(0);
  }
});

it("keeps quiet when asked, and refuses a device that only the binding has", () => {
  const source = join(folder, "noisy.nii");
  const words = ["denoise", source, "--method", "drunet-light", "--sigma", "10"];
  const quiet = withoutNative([...words, "-o", join(folder, "quiet.nii"), "--quiet"]);
  expect(quiet).toMatchObject({ code: 0, err: "" });
  const cuda = withoutNative([...words, "-o", join(folder, "cuda.nii"), "--provider", "cuda"]);
  expect(cuda.code).not.toBe(0);
  expect(cuda.err).toContain("Cannot use provider cuda: found onnxruntime-web, which has wasm");
});

it.each([
  ["of several threads", []],
  ["on the command line", ["--input-type=module"]],
])("works from a program %s, with Node's own warning once", (_, flags) => {
  const program = `
    import { loadDenoisingModel } from "${join(import.meta.dirname, "../../dist/inference/files.js")}";
    process.on("warning", (warning) => console.log(warning.code));
    const model = await loadDenoisingModel();
    await model.denoisePlane(new Float32Array(256), { ny: 16, nx: 16, sigma: 1 });
    await model.dispose();
    await loadDenoisingModel();`;
  const file = join(folder, "program.mjs");
  writeFileSync(file, program);
  const ran = spawnSync(
    process.execPath,
    ["--require", hide, ...flags, ...(flags.length > 0 ? ["--eval", program] : [file])],
    { encoding: "utf8" },
  );
  expect(ran.stdout.trim()).toBe("DPRIME_NO_NATIVE_RUNTIME");
  expect(ran.status).toBe(0);
});
