/** Training images from descriptions: phantoms drawn by seed, and images given by whoever reads files. */
import { throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import { openMember } from "../core/member.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import { catalogue as phantoms } from "../phantoms/catalogue.ts";
import type { SourceConfig } from "./config.ts";
import { resolveWindow, type WindowConfig } from "./data/window.ts";
import type { Plane, PlaneSource } from "./patches.ts";
import { factsOf } from "./training-range.ts";

/** All planes of an image, each as its own block of values. */
export function planesOf(image: Image): Plane[] {
  const { blocks, nz, ny, nx } = layoutOf(image);
  return Array.from({ length: blocks * nz }, (_, i) => ({
    data: image.data.subarray(i * ny * nx, (i + 1) * ny * nx),
    ny,
    nx,
  }));
}

/** Planes of one image with its windows. */
export function sourceOfImage(
  image: Image,
  { windows, weight }: { windows: readonly WindowConfig[]; weight: number },
): PlaneSource {
  return {
    planes: planesOf(image),
    windows: windows.map((window) => resolveWindow(window, image)),
    weight,
    about: factsOf(image, windows),
  };
}

/**
 * Draws the objects of a phantom source.
 *
 * @param seed the training's seed; `role` keeps training and validation objects apart
 */
export async function phantomSources(
  config: Extract<SourceConfig, { kind: "phantom" }>,
  { seed, role, index }: { seed: number; role: "train" | "validation"; index: number },
  { signal, onProgress }: WorkOptions = {},
): Promise<PlaneSource[]> {
  const phantom = await openMember(
    phantoms,
    config.name,
    `Cannot train: found no phantom ${config.name}`,
  );
  const sources: PlaneSource[] = [];
  for (let i = 0; i < config.count; i++) {
    throwIfAborted(signal, `drawing ${config.name}`);
    const { image } = phantom.draw(streamOf(seed, role, "object", index, i), config.options);
    sources.push(
      sourceOfImage(image, { windows: config.windows, weight: config.weight / config.count }),
    );
    onProgress?.({ done: i + 1, total: config.count, label: `drawing ${config.name}` });
    // Lets a progress bar be painted and Ctrl-C be heard between objects.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return sources;
}
