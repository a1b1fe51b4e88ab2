/**
 * The noise that a viewer adds to an image on a display, whatever the image's own noise is: what limits the sight of a
 * faint thing in a picture without noise [burgess1988visual]. It follows from the display function of DICOM
 * [nema2023display], whose step is the just noticeable difference (JND) of a grating of 2° × 2° at 4 cycles per degree:
 * a display that runs from L₀ to L₁ has J = j(L₁) − j(L₀) of them, and shows a window of width w over all of them.
 * A grating whose peaks lie one JND apart has the amplitude w/2J; white noise at which its detectability is 1 has the
 * density
 *
 *   N = ½ (w/2J)² A,  A = (2 D tan 1°)²,
 *
 * in unit²·mm² of the display at the distance D; √(N/p²) is its standard deviation in an image pixel shown p mm wide.
 *
 * Choices made here: a JND counts as detectability 1, and the noise lies in the image, before the eye filter.
 */
import { InputError } from "../core/errors.ts";

/** Coefficients of j(L) = Σ cₖ (log₁₀ L)ᵏ. */
const coefficients = [
  71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899,
  -0.017046845,
];
/** What the display function is defined for, in cd/m². */
const [least, most] = [0.05, 4000];

/**
 * Index of a luminance among just noticeable differences, 1 to 1023.
 *
 * @param luminance in cd/m², 0.05 to 4000
 * @throws InputError outside of that
 */
export function jndIndex(luminance: number): number {
  if (!(luminance >= least && luminance <= most)) {
    throw new InputError(
      `Cannot count noticeable differences: found a luminance of ${luminance} cd/m², wanted ${least} to ${most}`,
    );
  }
  const x = Math.log10(luminance);
  return coefficients.reduceRight((sum, c) => sum * x + c, 0);
}

/** The least luminances of a primary diagnostic display [norweck2013standard], in cd/m². */
const diagnosticDisplay = Object.freeze({ black: 1, white: 350 });

/**
 * Standard deviation of a viewer's noise in one image pixel, in the unit of the window.
 *
 * @param windowWidth intensities shown from black to white
 * @param options.distanceMm of the eye; `displayPixelMm` side of an image pixel on the display
 * @throws InputError on sizes that are not above 0
 */
export function viewerNoise(
  windowWidth: number,
  options: {
    readonly distanceMm: number;
    readonly displayPixelMm: number;
    readonly black?: number;
    readonly white?: number;
  },
): number {
  const {
    distanceMm,
    displayPixelMm,
    black = diagnosticDisplay.black,
    white = diagnosticDisplay.white,
  } = options;
  if (!(windowWidth > 0 && distanceMm > 0 && displayPixelMm > 0)) {
    throw new InputError(
      `Cannot tell a viewer's noise: found a window of ${windowWidth}, ${distanceMm} mm to the eye and pixels of ${displayPixelMm} mm, wanted numbers above 0`,
    );
  }
  const amplitude = windowWidth / (2 * (jndIndex(white) - jndIndex(black)));
  const sideMm = 2 * distanceMm * Math.tan(Math.PI / 180);
  return ((amplitude / Math.SQRT2) * sideMm) / displayPixelMm;
}
