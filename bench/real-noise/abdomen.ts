/** Abdomen phantoms through the fan-beam scanner at 2 and 15 % dose: error in HU, flat, at edges and over the body. */
import { streamOf } from "../../src/core/random.ts";
import { abdomen } from "../../src/phantoms/abdomen.ts";
import { ctFan } from "../../src/physics/ct-fan.ts";
import { resolveParameters } from "../../src/core/parameters.ts";
import type { Image } from "../../src/core/image.ts";
import type { NoisyGroup } from "./noisy-group.ts";

const settings = [
  ["hann", 0.15],
  ["hann", 0.02],
  ["ram-lak", 0.15],
] as const;

/** 1 within 2 px of a gradient above 15 HU a pixel, in a square plane of side n. */
export function edgesOf(truth: Float32Array, n: number): Uint8Array {
  const edge = new Uint8Array(truth.length);
  for (let y = 1; y < n - 1; y++) {
    for (let x = 1; x < n - 1; x++) {
      const i = y * n + x;
      if (Math.hypot(truth[i + 1]! - truth[i - 1]!, truth[i + n]! - truth[i - n]!) <= 30) continue;
      for (let dy = -2; dy <= 2; dy++) {
        for (let dx = -2; dx <= 2; dx++) {
          const at = i + dy * n + dx;
          if (at >= 0 && at < edge.length) edge[at] = 1;
        }
      }
    }
  }
  return edge;
}

/** 1 flat, 2 edge, 0 outside of the body or of the window from −160 to 240 HU. */
function regionsOf({ data, shape }: Image): Uint8Array {
  const edge = edgesOf(data, shape[0]!);
  return Uint8Array.from(data, (v, i) => (v < -160 || v > 240 ? 0 : 1 + edge[i]!));
}

/** @param images people of each setting; none of them is in a training */
export async function abdomenGroups(images: number): Promise<NoisyGroup[]> {
  const groups: NoisyGroup[] = [];
  for (const [kernel, dose] of settings) {
    const scans: { noisy: Image; reference: Image; regions: Uint8Array }[] = [];
    for (let i = 0; i < images; i++) {
      const person = streamOf(20_261_130, "held out", i);
      const { image } = abdomen.draw(
        person,
        resolveParameters(abdomen.name, abdomen.parameters, { size: 512 }),
      );
      const acquired = await ctFan.acquire(
        image,
        person.child("noise"),
        resolveParameters(ctFan.name, ctFan.parameters, { dose, kernel }),
        { reference: true },
      );
      const reference = acquired.reference!;
      scans.push({ noisy: acquired.image, reference, regions: regionsOf(reference) });
    }
    groups.push({
      name: `abdomen at ${100 * dose} % dose, ${kernel}`,
      figure: "RMSE flat / edges / all, HU",
      digits: 1,
      images: scans.map(({ noisy }) => noisy),
      score({ data }, index) {
        const { reference, regions } = scans[index]!;
        const squares = [0, 0];
        const counts = [0, 0];
        for (let i = 0; i < data.length; i++) {
          const region = regions[i]!;
          if (region === 0) continue;
          squares[region - 1]! += (data[i]! - reference.data[i]!) ** 2;
          counts[region - 1]!++;
        }
        const [flat, edges] = squares as [number, number];
        const [n, m] = counts as [number, number];
        return [flat / n, edges / m, (flat + edges) / (n + m)].map(Math.sqrt);
      },
    });
  }
  return groups;
}
