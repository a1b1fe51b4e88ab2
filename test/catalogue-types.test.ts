/** What a user's compiler says of members opened by name; `npm run types` holds the refusals. */
import { expect, it } from "vitest";
import { makeImage } from "../src/core/image.ts";
import { streamOf } from "../src/core/random.ts";
import { denoisers } from "../src/denoise/index.ts";
import { noiseModels } from "../src/noise/index.ts";
import { phantoms } from "../src/phantoms/index.ts";

it("opens members by name without a question mark, and knows their parameters", async () => {
  const image = makeImage(
    Float32Array.from({ length: 64 }, (_, i) => i % 7),
    [8, 8],
  );
  const gaussian = await denoisers.gaussian();
  const smooth = await gaussian.denoise(image, { width: 2 });
  expect(smooth.shape).toEqual([8, 8]);
  const nlm = await denoisers["non-local-means"]();
  // @ts-expect-error a misspelt parameter
  await expect(nlm.denoise(image, { strenght: 1 })).rejects.toThrow("strength");
  // @ts-expect-error a word where a number belongs
  await expect(nlm.denoise(image, { strength: "high" })).rejects.toThrow("strength");
  const bm3d = await denoisers["bm3d"]();
  // @ts-expect-error no such choice
  await expect(bm3d.denoise(image, { profile: "best" })).rejects.toThrow("profile");
  // @ts-expect-error no such member
  expect(denoisers["gausian"]).toBeUndefined();
  const rician = await noiseModels["rician"]();
  expect(rician.add(image, streamOf(1, "types"), { sigma: 0.1 }).shape).toEqual([8, 8]);
  // @ts-expect-error a parameter of another model
  expect(() => rician.add(image, streamOf(1, "types"), { looks: 4 })).toThrow("looks");
  const [open] = Object.values(phantoms);
  expect((await open!()).name).toBe(Object.keys(phantoms)[0]);
});
