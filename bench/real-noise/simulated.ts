/**
 * Ultrasound and radiographs as their physics makes them, of objects that no training has seen: PSNR against the mean
 * over all scatterers, and against the same reading without noise.
 */
import { streamOf } from "../../src/core/random.ts";
import { type ParameterValues, resolveParameters } from "../../src/core/parameters.ts";
import type { Image } from "../../src/core/image.ts";
import { chestRadiograph } from "../../src/phantoms/chest-radiograph.ts";
import { deadLeaves } from "../../src/phantoms/dead-leaves.ts";
import type { Phantom } from "../../src/phantoms/phantom.ts";
import { ultrasoundScatterers } from "../../src/phantoms/ultrasound-scatterers.ts";
import type { Acquisition } from "../../src/physics/acquisition.ts";
import { ultrasoundBmode } from "../../src/physics/ultrasound-bmode.ts";
import { xrayProjection } from "../../src/physics/xray-projection.ts";
import type { NoisyGroup } from "./noisy-group.ts";

interface Setting {
  readonly name: string;
  readonly phantom: Phantom;
  readonly object: ParameterValues;
  readonly acquisition: Acquisition;
  readonly options: ParameterValues;
}

const speckle = { object: "echogenicity", truth: "expectation" };
const leaves = { size: 256, decades: 2, leastPx: 8, leaves: 150 };

const settings: readonly Setting[] = [
  {
    name: "ultrasound, tissue",
    phantom: ultrasoundScatterers,
    object: { gives: "echogenicity", points: 0 },
    acquisition: ultrasoundBmode,
    options: speckle,
  },
  {
    name: "ultrasound, wide beam",
    phantom: ultrasoundScatterers,
    object: { gives: "echogenicity", points: 2, cysts: 5 },
    acquisition: ultrasoundBmode,
    options: { ...speckle, lateralPx: 4, axialPx: 2, noiseDb: -35 },
  },
  {
    name: "ultrasound, dead leaves",
    phantom: deadLeaves,
    object: leaves,
    acquisition: ultrasoundBmode,
    options: speckle,
  },
  {
    name: "X-ray, chest at 3 % dose",
    phantom: chestRadiograph,
    object: { size: 160, nodules: 6 },
    acquisition: xrayProjection,
    options: { dose: 0.03 },
  },
  {
    name: "X-ray, chest at 30 % dose",
    phantom: chestRadiograph,
    object: { size: 160, nodules: 6 },
    acquisition: xrayProjection,
    options: { dose: 0.3, detectorPx: 0.9 },
  },
  {
    name: "X-ray, dead leaves at 2 % dose",
    phantom: deadLeaves,
    object: { size: 256, texture: 1 },
    acquisition: xrayProjection,
    options: { dose: 0.02 },
  },
];

/** @param images of each setting; `only` names those to draw */
export async function simulatedGroups(images: number, only = ""): Promise<NoisyGroup[]> {
  const groups: NoisyGroup[] = [];
  for (const { name, phantom, object, acquisition, options } of settings) {
    if (!name.includes(only)) continue;
    const scans: { noisy: Image; reference: Image; range: number }[] = [];
    for (let k = 0; k < images; k++) {
      const stream = streamOf(20_261_205, "held out", name, k);
      const { image } = phantom.draw(
        stream,
        resolveParameters(phantom.name, phantom.parameters, object),
      );
      const { image: noisy, reference } = await acquisition.acquire(
        image,
        stream.child("noise"),
        resolveParameters(acquisition.name, acquisition.parameters, options),
        { reference: true },
      );
      const sorted = reference!.data.slice().sort();
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
      scans.push({ noisy, reference: reference!, range: at(0.995) - at(0.005) });
    }
    groups.push({
      name,
      figure: "PSNR over the reference's range, dB",
      digits: 2,
      images: scans.map(({ noisy }) => noisy),
      score({ data }, index) {
        const { reference, range } = scans[index]!;
        const square = data.reduce((sum, v, i) => sum + (v - reference.data[i]!) ** 2, 0);
        return [10 * Math.log10(range ** 2 / (square / data.length))];
      },
    });
  }
  return groups;
}
