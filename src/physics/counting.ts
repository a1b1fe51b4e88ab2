/**
 * From line integrals to photon counts and back. Per detector element j and view:
 *
 *   N̄ = N₀_j e^{−p}                              expected quanta
 *   c = Poisson(N̄) + σ_e n                        reading, with electronic noise in quanta
 *   p̂ = −ln(max(c, floor) / N₀_j)                 noisy line integral
 *
 * To first order Var p̂ = e^p/N₀ · (1 + σ_e² e^p/N₀).
 *
 * Floor policy: readings below `floorCounts` are set to it before the logarithm and counted in the
 * notes. Where the mean stays well above it nothing is biased; near it line integrals saturate at
 * ln(N₀/floor), as starved detectors do.
 */
import { InputError } from "../core/errors.ts";
import type { Stream } from "../core/random.ts";
import { attenuation, type Spectrum } from "./attenuation.ts";
import { fanAngle, type PlanarGeometry } from "./geometry.ts";

export interface Exposure {
  /** Quanta that each detector element would count without object and bowtie, at full dose. */
  readonly photons: number;
  /** Fraction of the full dose. */
  readonly dose: number;
  /** Standard deviation of electronic noise in quanta. */
  readonly electronicSd: number;
  /** Smallest reading that the logarithm sees, in quanta. */
  readonly floorCounts: number;
}

/** Refuses exposures that make no sense, naming the number. */
export function checkExposure(exposure: Exposure): void {
  const { photons, dose, electronicSd, floorCounts } = exposure;
  if (!(photons > 0 && Number.isFinite(photons))) {
    throw new InputError(
      `Cannot count photons: found ${photons} a channel, wanted a finite number above 0`,
    );
  }
  if (!(dose > 0 && dose <= 100)) {
    throw new InputError(
      `Cannot scan at dose ${dose}: wanted a fraction above 0, 1 being full dose`,
    );
  }
  if (!(electronicSd >= 0 && floorCounts > 0)) {
    throw new InputError(
      `Cannot count photons: found electronic noise ${electronicSd} and floor ${floorCounts}, wanted >= 0 and > 0 quanta`,
    );
  }
}

/**
 * Share of the beam that each channel gets behind a bowtie filter shaped for a water cylinder of the
 * given diameter: the filter adds what the cylinder's chord lacks against its diameter, halved so
 * that the rim is not starved.
 */
export function bowtieShares(
  geometry: PlanarGeometry,
  { diameterMm, waterPerMm }: { diameterMm: number; waterPerMm: number },
): Float64Array {
  const { channels } = geometry.detector;
  const shares = new Float64Array(channels).fill(1);
  if (diameterMm <= 0 || geometry.kind === "parallel") return shares;
  const r = diameterMm / 2;
  for (let c = 0; c < channels; c++) {
    const distance = geometry.sourceToIsoMm * Math.abs(Math.sin(fanAngle(geometry, c)));
    const chord = distance < r ? 2 * Math.sqrt(r * r - distance * distance) : 0;
    shares[c] = Math.exp(-0.5 * waterPerMm * (2 * r - chord));
  }
  return shares;
}

/** What the counting did, for the notes of a run. */
export interface CountingNotes {
  /** Readings that were raised to the floor. */
  floored: number;
  /** Smallest expected count. */
  fewest: number;
}

export interface CountOptions {
  readonly exposure: Exposure;
  /** Share of the beam for each channel. */
  readonly shares: Float64Array;
  /** Stream of this sinogram; absent for the noise-free reading. */
  readonly stream?: Stream;
}

/** Noisy line integrals of one sinogram (views × channels) of a beam of one energy. */
export function measureLineIntegrals(
  sinogram: Float32Array,
  { exposure, shares, stream }: CountOptions,
): { values: Float32Array; notes: CountingNotes } {
  checkExposure(exposure);
  const { photons, dose, electronicSd, floorCounts } = exposure;
  const channels = shares.length;
  const notes: CountingNotes = { floored: 0, fewest: Infinity };
  const values = new Float32Array(sinogram.length);
  for (let i = 0; i < sinogram.length; i++) {
    const incident = photons * dose * shares[i % channels]!;
    const mean = incident * Math.exp(-sinogram[i]!);
    if (mean < notes.fewest) notes.fewest = mean;
    let reading = stream === undefined ? mean : stream.poisson(mean);
    if (stream !== undefined && electronicSd > 0) reading += electronicSd * stream.normal();
    if (reading < floorCounts) {
      reading = floorCounts;
      notes.floored++;
    }
    values[i] = -Math.log(reading / incident);
  }
  return { values, notes };
}

/** Variance of a noisy line integral, first order: e^p/N₀ · (1 + σ_e² e^p/N₀). */
export function lineIntegralVariance(
  p: number,
  { incident, electronicSd }: { incident: number; electronicSd: number },
): number {
  const inverse = Math.exp(p) / incident;
  return inverse * (1 + electronicSd * electronicSd * inverse);
}

export interface PolychromaticOptions extends CountOptions {
  readonly spectrum: Spectrum;
  /** Whether the readings are corrected as if everything were water, to the effective energy. */
  readonly waterCorrection: boolean;
  readonly effectiveKeV: number;
}

/**
 * Line integrals as an energy-integrating detector sees a polychromatic beam: Poisson quanta in every
 * energy bin, added up with their energies. `water` and `bone` are path lengths in mm of unit density.
 */
export function measurePolychromatic(
  paths: { water: Float32Array; bone: Float32Array },
  options: PolychromaticOptions,
): { values: Float32Array; notes: CountingNotes } {
  const { exposure, shares, stream, spectrum, waterCorrection, effectiveKeV } = options;
  checkExposure(exposure);
  const { photons, dose, electronicSd, floorCounts } = exposure;
  const { energiesKeV } = spectrum;
  const muWater = energiesKeV.map((e) => attenuation("water", e));
  const muBone = energiesKeV.map((e) => attenuation("bone", e));
  // Energies relative to the mean, so that a reading in the open beam is the number of quanta.
  const meanEnergy = energiesKeV.reduce((s, e, b) => s + e * spectrum.shares[b]!, 0);
  const weight = energiesKeV.map((e) => e / meanEnergy);
  const correct = waterCorrection
    ? waterInverse({ muWater, spectrum, weight, perMm: attenuation("water", effectiveKeV) })
    : (p: number) => p;
  const channels = shares.length;
  const notes: CountingNotes = { floored: 0, fewest: Infinity };
  const values = new Float32Array(paths.water.length);
  for (let i = 0; i < values.length; i++) {
    const incident = photons * dose * shares[i % channels]!;
    let reading = 0;
    for (let b = 0; b < muWater.length; b++) {
      const mean =
        incident *
        spectrum.shares[b]! *
        Math.exp(-muWater[b]! * paths.water[i]! - muBone[b]! * paths.bone[i]!);
      reading += weight[b]! * (stream === undefined ? mean : stream.poisson(mean));
    }
    if (stream !== undefined && electronicSd > 0) reading += electronicSd * stream.normal();
    if (reading < notes.fewest) notes.fewest = reading;
    if (reading < floorCounts) {
      reading = floorCounts;
      notes.floored++;
    }
    values[i] = correct(-Math.log(reading / incident));
  }
  return { values, notes };
}

/** From a polychromatic reading through water to μ_eff × thickness, by a table of thicknesses. */
function waterInverse(options: {
  muWater: readonly number[];
  spectrum: Spectrum;
  weight: readonly number[];
  perMm: number;
}): (p: number) => number {
  const { muWater, spectrum, weight, perMm } = options;
  const stepMm = 2;
  const steps = 600;
  const readings = Float64Array.from({ length: steps + 1 }, (_, n) => {
    let sum = 0;
    muWater.forEach((mu, b) => {
      sum += weight[b]! * spectrum.shares[b]! * Math.exp(-mu * n * stepMm);
    });
    return -Math.log(sum);
  });
  return (p) => {
    let low = 0;
    let high = steps;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (readings[middle]! <= p) low = middle;
      else high = middle;
    }
    // Beyond both ends the last slope goes on.
    const share = (p - readings[low]!) / (readings[high]! - readings[low]!);
    return perMm * stepMm * (low + share * (high - low));
  };
}

export interface InsertionOptions {
  /** Fraction of the present dose that the result shall look like, between 0 and 1. */
  readonly fraction: number;
  /** Quanta behind the bowtie for each channel at the present dose. */
  readonly incident: Float64Array;
  readonly electronicSd: number;
  readonly stream: Stream;
}

/**
 * Noise that turns line integrals of one dose into those of a fraction a of it [yu2012development]:
 * normal, of variance
 *
 *   (1−a)/a · e^p/N₀ · (1 + (1+a)/a · σ_e² e^p/N₀),
 *
 * the difference of the variances at both doses. Returns the noise alone.
 */
export function insertionNoise(sinogram: Float32Array, options: InsertionOptions): Float32Array {
  const { fraction: a, incident, electronicSd, stream } = options;
  if (!(a > 0 && a <= 1)) {
    throw new InputError(
      `Cannot insert noise for dose fraction ${a}: wanted a fraction above 0 and at most 1`,
    );
  }
  const channels = incident.length;
  const e2 = electronicSd * electronicSd;
  const out = new Float32Array(sinogram.length);
  for (let i = 0; i < out.length; i++) {
    const inverse = Math.exp(sinogram[i]!) / incident[i % channels]!;
    const variance = ((1 - a) / a) * inverse * (1 + ((1 + a) / a) * e2 * inverse);
    out[i] = Math.sqrt(variance) * stream.normal();
  }
  return out;
}

/**
 * Line integrals from measured counts and their open-beam readings.
 *
 * @throws InputError on negative counts, which no detector reports before correction
 */
export function countsToLineIntegrals(
  counts: Float32Array,
  { incident, floorCounts = 1 }: { incident: Float64Array; floorCounts?: number },
): Float32Array {
  return counts.map((c, i) => {
    if (!(c >= 0)) {
      throw new InputError(
        `Cannot take the logarithm of counts: found ${c} at index ${i}, wanted counts >= 0`,
      );
    }
    return -Math.log(Math.max(c, floorCounts) / incident[i % incident.length]!);
  });
}
