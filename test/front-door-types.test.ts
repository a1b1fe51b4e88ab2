/**
 * What a user's compiler says of the front door: settings of members that a call names are checked by the members' own
 * tables, and stay free where only run time knows the member. `npm run types` holds the refusals; nothing here runs but
 * what says so.
 */
import { expect, it } from "vitest";
import { denoisers } from "../src/denoise/index.ts";
import {
  adapt,
  type Denoised,
  denoise,
  denoiseFiles,
  type Image,
  insertNoise,
  type MemberChoice,
  makeImage,
  measure,
  measureFiles,
  observe,
  observeFiles,
  type ParameterValues,
  simulate,
  simulateFiles,
  train,
} from "../src/index.ts";

const image = makeImage(
  Float32Array.from({ length: 256 }, (_, i) => i % 7),
  [16, 16],
);

it("denoise: parameters of the method that it names", async () => {
  const { method } = await denoise(image, { method: "gaussian", parameters: { width: 2 } });
  expect(method).toBe("gaussian");
  await expect(
    // @ts-expect-error a misspelt parameter
    denoise(image, { method: "bm3d", parameters: { profil: "strong" } }),
  ).rejects.toThrow("profile");
  await expect(
    // @ts-expect-error no such choice
    denoise(image, { method: "bm3d", parameters: { profile: "best" } }),
  ).rejects.toThrow("profile");
  await expect(
    // @ts-expect-error the parameter of another method
    denoise(image, { method: "median", parameters: { profile: "strong" } }),
  ).rejects.toThrow("profile");
  const inner = await denoisers.gaussian();
  await expect(
    // @ts-expect-error a misspelt parameter of a denoiser itself
    denoise(image, { method: inner, parameters: { widht: 2 } }),
  ).rejects.toThrow("width");
  const wrapped = await denoise(image, {
    method: "anscombe+gaussian",
    parameters: { gain: 2, width: 1 },
    sigma: 0.1,
  });
  expect(wrapped.method).toBe("anscombe+gaussian");
  await expect(
    // @ts-expect-error misspelt inside a wrapper
    denoise(image, { method: "rician+gaussian", parameters: { widht: 1 } }),
  ).rejects.toThrow("width");
});

it("denoise: any parameters where only run time knows the method", async () => {
  const call = (method: string, parameters: ParameterValues): Promise<Denoised> =>
    denoise(image, { method, parameters });
  await expect(call("gaussian", { widht: 1 })).rejects.toThrow("width");
  expect((await call("gaussian", { width: 1 })).method).toBe("gaussian");
});

it("measure: parameters of every metric by its own name", async () => {
  const [ssim] = await measure(image, {
    reference: image,
    metrics: [{ name: "ssim", parameters: { k1: 0.02 } }, "psnr"],
    dataRange: 6,
  });
  expect(ssim?.metric).toBe("ssim");
  await expect(
    measure(image, {
      reference: image,
      // @ts-expect-error a misspelt parameter
      metrics: [{ name: "ssim", parameters: { k3: 0.02 } }],
    }),
  ).rejects.toThrow("k3");
  const chosen: MemberChoice[] = [{ name: "ssim", parameters: { k3: 1 } }];
  await expect(measure(image, { reference: image, metrics: chosen })).rejects.toThrow("k3");
});

it("simulate: parameters of phantom and acquisition", async () => {
  const options = { phantomParameters: { size: 16, lumps: 3 }, parameters: {} };
  for await (const one of simulate("lumpy+direct", options)) {
    expect(one.noisy.shape).toEqual([16, 16]);
  }
  // @ts-expect-error a misspelt parameter of the phantom
  expect(() => simulate("lumpy", { phantomParameters: { sise: 16 } })).not.toThrow();
  // @ts-expect-error a misspelt parameter of the acquisition
  expect(() => simulate("abdomen+ct-fan", { parameters: { foton: 16 } })).not.toThrow();
  // @ts-expect-error a misspelt parameter where the phantom names its acquisition
  expect(() => simulate("abdomen", { parameters: { foton: 16 } })).not.toThrow();
});

/** Calls that are compiled and not run. */
export const compiled = {
  observe: (images: readonly Image[]) =>
    observe([{ name: "images", present: images, absent: images }], {
      observers: ["npw", { name: "cho", parameters: { channels: "gabor", bands: 3 } }],
    }),
  observeMisspelt: (images: readonly Image[]) =>
    observe([{ name: "images", present: images, absent: images }], {
      // @ts-expect-error a misspelt parameter beside a right choice
      observers: ["npw", { name: "cho", parameters: { chanels: "gabor" } }],
    }),
  observeFilesMisspelt: () =>
    observeFiles({
      present: "a",
      absent: "b",
      // @ts-expect-error a parameter of another observer
      observer: [{ name: "npwe", parameters: { channels: "gabor" } }],
    }),
  denoiseFiles: () => denoiseFiles("a", "b", { method: "median", parameters: { radius: 2 } }),
  // @ts-expect-error a misspelt parameter
  denoiseFilesMisspelt: () => denoiseFiles("a", "b", { method: "median", parameters: { r: 2 } }),
  measureFilesMisspelt: () =>
    // @ts-expect-error a misspelt parameter
    measureFiles("a", "b", { metrics: [{ name: "psnr", parameters: { piek: 1 } }] }),
  simulateFilesMisspelt: () =>
    // @ts-expect-error a misspelt parameter
    simulateFiles("lumpy", "a", { phantomParameters: { sise: 16 } }),
  insertNoise: () => insertNoise(image, { dose: 0.5, parameters: { photons: 1e6 } }),
  // @ts-expect-error a misspelt parameter
  insertNoiseMisspelt: () => insertNoise(image, { dose: 0.5, parameters: { foton: 1e6 } }),
  // @ts-expect-error no such kernel
  insertNoiseKernel: () => insertNoise(image, { dose: 0.5, parameters: { kernel: "soft" } }),
  train: () => train([image], { steps: 1, network: "drunet", networkOptions: { blocks: 1 } }),
  // @ts-expect-error an option of another network
  trainNetwork: () => train([image], { steps: 1, networkOptions: { blocks: 1 }, network: "dncnn" }),
  // @ts-expect-error a misspelt option of the usual network
  trainUsual: () => train([image], { steps: 1, networkOptions: { dept: 3 } }),
  trainMethod: () =>
    // @ts-expect-error a misspelt option of the method
    train({ noisy: [image] }, { steps: 1, method: "noise2void", methodOptions: { hiden: 0.1 } }),
  trainLoss: () =>
    // @ts-expect-error a misspelt option of the loss
    train([image], { steps: 1, loss: "charbonnier", lossOptions: { epsilonn: 1 } }),
  // @ts-expect-error a field that there is not
  trainFields: () => train({ noisy: [image], klean: [image] }, { steps: 1 }),
  // @ts-expect-error no such solver
  adapt: () => adapt(image, { templates: [], beta: 1, solver: "newton" }),
};
