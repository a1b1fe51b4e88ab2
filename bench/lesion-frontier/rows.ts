/** What stands on the frontier: denoisers, the bands that they hand back, and linear controls. */
import {
  type BandForm,
  bandForms,
  bandKeeping,
  type Transfer,
  wienerTransfer,
} from "../../src/denoise/preserving/band.ts";
import { lowPass } from "../../src/denoise/preserving/low-pass.ts";
import { defaultShare as share } from "../../src/denoise/preserving/preserving.ts";

export interface Plane {
  readonly side: number;
  readonly pixelMm: number;
}

/** A radial low-pass with its name. */
export interface Filter {
  readonly name: string;
  readonly transfer: Transfer;
  readonly end?: number;
}

/** f̂ of a denoised image f and a noisy one g. */
export interface Row {
  /** Family that a curve of the figure joins. */
  readonly family: string;
  readonly name: string;
  readonly of: (images: {
    readonly noisy: Float32Array;
    readonly denoised: ReadonlyMap<string, Float32Array>;
    /** B g (of "noisy") and B f (of a denoiser), each computed once. */
    readonly passed: (filter: Filter, of: string) => Float64Array;
  }) => ArrayLike<number>;
}

/** Bands of each form that keep the default share of disks of these diameters, and the Wiener filters of the same share. */
export function filtersFor(keeps: readonly number[], noisePower: Transfer): Map<string, Filter[]> {
  const filters = new Map<string, Filter[]>(
    bandForms.map((form: BandForm) => [
      form,
      keeps.map((diameterMm) => {
        const { transfer, end } = bandKeeping({ diameterMm, share, form, dimensions: 2 });
        return { name: `${form} ${diameterMm} mm`, transfer, end };
      }),
    ]),
  );
  filters.set(
    "Wiener",
    keeps.map((diameterMm) => ({
      name: `Wiener ${diameterMm} mm`,
      transfer: wienerTransfer(noisePower, { diameterMm, share, dimensions: 2 }),
    })),
  );
  return filters;
}

export function blurs(widthsPx: readonly number[], pixelMm: number): Filter[] {
  return widthsPx.map((s) => ({
    name: `blur ${s} px`,
    transfer: (f) => Math.exp(-2 * (Math.PI * f * s * pixelMm) ** 2),
  }));
}

/** B x on the plane. */
export function pass(values: ArrayLike<number>, filter: Filter, plane: Plane): Float64Array {
  const { side, pixelMm } = plane;
  return lowPass(values, {
    shape: [side, side],
    spacing: [pixelMm, pixelMm],
    transfer: filter.transfer,
    ...(filter.end === undefined ? {} : { end: filter.end }),
  });
}

/** Every row for the denoisers: plain, blended, with each band; and each filter alone. */
export function rowsFor(
  denoisers: readonly string[],
  filters: ReadonlyMap<string, readonly Filter[]>,
): Row[] {
  const rows: Row[] = [{ family: "none", name: "none", of: ({ noisy }) => noisy }];
  for (const [family, list] of filters) {
    for (const filter of list) {
      rows.push({
        family: `${family} alone`,
        name: `${filter.name} alone`,
        of: ({ passed }) => passed(filter, "noisy"),
      });
    }
  }
  for (const name of denoisers) {
    rows.push({ family: name, name, of: ({ denoised }) => denoised.get(name)! });
    for (const part of [0.1, 0.4]) {
      rows.push({
        family: `${name} blended`,
        name: `${name} + ${100 * part} % of the noisy image`,
        of: ({ denoised, noisy }) =>
          denoised.get(name)!.map((f, i) => (1 - part) * f + part * noisy[i]!),
      });
    }
    for (const [family, list] of filters) {
      // The other forms go with the first denoiser: that they differ as they do alone is enough to see.
      if (family === "blur" || (family !== "flat-top" && name !== denoisers[0])) continue;
      for (const filter of list) {
        rows.push({
          family: `${family} + ${name}`,
          name: `${name}, ${filter.name}`,
          of: ({ denoised, passed }) => {
            const [g, f] = [passed(filter, "noisy"), passed(filter, name)];
            return denoised.get(name)!.map((v, i) => v + g[i]! - f[i]!);
          },
        });
      }
    }
  }
  return rows;
}
