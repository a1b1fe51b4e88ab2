import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { saveImage } from "../workflows/index.ts";
import { denoiseWork, openWork } from "./work.ts";

const into = mkdtempSync(join(tmpdir(), "dprime-work-"));
afterAll(() => rmSync(into, { recursive: true }));

const context = {
  signal: new AbortController().signal,
  post: () => undefined,
  ask: () => Promise.resolve(undefined),
  pause: () => Promise.resolve(),
};

it("refuses an image at whose place another one stands by now", async () => {
  const path = join(into, "a.npy");
  const plane = (first: number) =>
    makeImage(
      Float32Array.from({ length: 256 }, (_, i) => (i === 0 ? first : i % 7)),
      [16, 16],
    );
  await saveImage(path, plane(1));
  const { images } = await openWork({ path, into }, context);
  const source = images[0]!.source;
  const request = { kind: "denoise", image: "x", method: "median", parameters: {} } as const;
  const task = { source, request, name: "a", into };
  expect((await denoiseWork(task, context)).denoised.method).toBe("median");
  rmSync(path);
  await saveImage(path, plane(2));
  await expect(denoiseWork(task, context)).rejects.toThrow(/found other values at its place/);
});
