/**
 * Hounsfield units and attenuation. HU = 1000·(μ/μ_water − 1) at the scan's effective energy; mass
 * attenuation coefficients are those of the standard tables [hubbell1995tables], interpolated on
 * double logarithmic scales.
 */
import { InputError } from "../core/errors.ts";

/** Materials with tabulated attenuation. */
export type Material = "water" | "bone" | "aluminium";

/** Density in g/cm³. */
const density: Readonly<Record<Material, number>> = { water: 1, bone: 1.92, aluminium: 2.699 };

const energiesKeV = [15, 20, 30, 40, 50, 60, 80, 100, 150];
/** μ/ρ in cm²/g at those energies: water, cortical bone, aluminium. */
const massAttenuation: Readonly<Record<Material, readonly number[]>> = {
  water: [1.673, 0.8096, 0.3756, 0.2683, 0.2269, 0.2059, 0.1837, 0.1707, 0.1505],
  bone: [9.032, 4.001, 1.331, 0.6655, 0.4242, 0.3148, 0.2229, 0.1855, 0.148],
  aluminium: [7.955, 3.441, 1.128, 0.5685, 0.3681, 0.2778, 0.2018, 0.1704, 0.1378],
};

/** Linear attenuation in 1/mm of a material at a photon energy from 15 to 150 keV. */
export function attenuation(material: Material, energyKeV: number): number {
  const last = energiesKeV.length - 1;
  if (!(energyKeV >= energiesKeV[0]! && energyKeV <= energiesKeV[last]!)) {
    throw new InputError(
      `Cannot look up attenuation: found ${energyKeV} keV, wanted ${energiesKeV[0]} to ${energiesKeV[last]} keV`,
    );
  }
  let i = 0;
  while (i < last - 1 && energiesKeV[i + 1]! < energyKeV) i++;
  const table = massAttenuation[material];
  const x0 = Math.log(energiesKeV[i]!);
  const share = (Math.log(energyKeV) - x0) / (Math.log(energiesKeV[i + 1]!) - x0);
  const value = Math.exp(
    Math.log(table[i]!) + share * (Math.log(table[i + 1]!) - Math.log(table[i]!)),
  );
  return (value * density[material]) / 10;
}

/** μ in 1/mm from HU; below −1000 HU (padding outside the field) counts as air. */
export function hounsfieldToAttenuation(hu: ArrayLike<number>, waterPerMm: number): Float32Array {
  const mu = new Float32Array(hu.length);
  for (let i = 0; i < mu.length; i++) mu[i] = Math.max(0, waterPerMm * (1 + hu[i]! / 1000));
  return mu;
}

/**
 * μ in 1/mm from a reconstructed image in HU. Noise about air stays negative, so that it averages out
 * along a ray; padding far below air counts as air.
 */
export function imageToAttenuation(hu: ArrayLike<number>, waterPerMm: number): Float32Array {
  const mu = new Float32Array(hu.length);
  for (let i = 0; i < mu.length; i++) {
    const v = hu[i]!;
    mu[i] = v < -1400 ? 0 : waterPerMm * (1 + v / 1000);
  }
  return mu;
}

/** HU from μ in 1/mm. */
export function attenuationToHounsfield(mu: Float32Array, waterPerMm: number): Float32Array {
  const factor = 1000 / waterPerMm;
  return mu.map((v) => v * factor - 1000);
}

/** Photons of an X-ray tube by energy. */
export interface Spectrum {
  readonly energiesKeV: readonly number[];
  /** Share of the photons in each bin after filtration; adds up to 1. */
  readonly shares: readonly number[];
}

/**
 * A tube's spectrum by Kramers' law with the given filtration, in bins of 8 keV or less:
 * N(E) ∝ (E₀ − E)/E · exp(−μ_Al(E)·t). Without characteristic lines.
 */
export function tubeSpectrum(options: { kV: number; aluminiumMm?: number }): Spectrum {
  const { kV, aluminiumMm = 8 } = options;
  if (!(kV >= 40 && kV <= 150)) {
    throw new InputError(`Cannot make a spectrum: found ${kV} kV, wanted 40 to 150 kV`);
  }
  const low = 20;
  const bins = Math.ceil((kV - low) / 8);
  const width = (kV - low) / bins;
  const energies = Array.from({ length: bins }, (_, b) => low + (b + 0.5) * width);
  const raw = energies.map(
    (e) => ((kV - e) / e) * Math.exp(-attenuation("aluminium", e) * aluminiumMm),
  );
  const sum = raw.reduce((s, v) => s + v, 0);
  return { energiesKeV: energies, shares: raw.map((v) => v / sum) };
}

/**
 * A voxel's HU at the effective energy as water plus bone: soft tissue up to `softHU` is water of
 * another density; above, bone is mixed in so that the attenuation at that energy is kept.
 */
export function splitMaterials(
  hu: ArrayLike<number>,
  options: { energyKeV: number; softHU?: number },
): { water: Float32Array; bone: Float32Array } {
  const { energyKeV, softHU = 120 } = options;
  const ratio = attenuation("bone", energyKeV) / attenuation("water", energyKeV);
  const water = new Float32Array(hu.length);
  const bone = new Float32Array(hu.length);
  const soft = 1 + softHU / 1000;
  for (let i = 0; i < water.length; i++) {
    const relative = Math.max(0, 1 + hu[i]! / 1000);
    if (relative <= soft) water[i] = relative;
    else {
      // Volume shares of soft tissue and bone that add up to 1, as long as pure bone is not exceeded.
      const share = Math.min(1, (relative - soft) / (ratio - soft));
      water[i] = soft * (1 - share);
      bone[i] = relative > ratio ? relative / ratio : share;
    }
  }
  return { water, bone };
}
