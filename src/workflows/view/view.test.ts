/** What a viewer gets of an image is the image; a request does what the workflow does. */
import { expect, it } from "vitest";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { denoise } from "../denoise.ts";
import { denoiseForView } from "./denoise-request.ts";
import { methodForms } from "./method-forms.ts";
import { decodePlanes, encodePlanes } from "./plane-encoding.ts";
import { viewedImage } from "./viewed-image.ts";

it("encodes every value exactly, whole numbers of 16 bits at half the size", () => {
  const whole = Float32Array.from([-32_768, -1024, 0, 1, 32_767]);
  const encoded = encodePlanes({ data: whole });
  expect(encoded.type).toBe("int16");
  expect(decodePlanes(encoded.type, encoded.values.buffer)).toEqual(whole);
  for (const data of [[0.5, 1], [32_768], [NaN, 1], [Infinity]].map((v) => Float32Array.from(v))) {
    const { type, values } = encodePlanes({ data });
    expect(type).toBe("float32");
    expect(decodePlanes(type, values.buffer)).toEqual(data);
  }
});

const noisy = (() => {
  const stream = streamOf(7, "view");
  const data = Float32Array.from(
    { length: 32 * 32 },
    (_, i) => 100 * (i % 32 > 15 ? 1 : 0) + 10 * stream.normal(),
  );
  return makeImage(data, [32, 32], { spacing: [1, 0.5, 0.5], unit: "HU" });
})();

it("tells what an image is, and draws it small", () => {
  const { facts, thumbnail, encoded } = viewedImage(noisy, {
    name: "a",
    format: "nifti",
    notes: [],
  });
  expect(facts).toMatchObject({
    name: "a",
    axes: "yx",
    planes: 1,
    rows: 32,
    columns: 32,
    type: "float32",
    unit: "HU",
    window: { low: -160, high: 240 },
  });
  expect(encoded.values).toEqual(noisy.data);
  expect(new TextDecoder().decode(thumbnail.subarray(1, 4))).toBe("PNG");
  const nothing = makeImage(new Float32Array(64).fill(NaN), [8, 8]);
  expect(viewedImage(nothing, { name: "b", format: "npy", notes: [] }).facts.range).toBeUndefined();
});

it("denoises as the workflow does", async () => {
  const request = {
    kind: "denoise",
    image: "a",
    method: "non-local-means",
    parameters: { patch: 2 },
    sigma: 10,
    strength: 0.5,
  } as const;
  const { image, denoised } = await denoiseForView({ image: noisy }, request);
  const wanted = await denoise(noisy, {
    method: "non-local-means",
    parameters: { patch: 2 },
    sigma: 10,
    strength: 0.5,
  });
  expect(image.data).toEqual(wanted.image.data);
  expect(denoised).toMatchObject({
    method: "non-local-means",
    parameters: { patch: 2, strength: 0.5 },
    sigma: 10,
  });
  expect(denoised.noiseAfter).toBeLessThan(denoised.noiseBefore);
});

it("offers every method that needs no second image, with its parameters", async () => {
  const forms = await methodForms();
  const names = forms.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["ct", "drunet-light", "bm3d", "non-local-means"]));
  expect(names).not.toContain("joint-bilateral");
  expect(forms.find(({ name }) => name === "bilateral")?.parameters.spatial).toMatchObject({
    unit: "px",
  });
});
