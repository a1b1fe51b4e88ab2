/** Where there is room for signals: in a tissue, for search where there is enough, in narrower regions where there is not. */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import { noiseOfImage } from "../../denoise/noise-level/noise-of-image.ts";
import { checkPlaces, findPlaces, type Place } from "./places.ts";
import { fewestPlaces } from "./plan.ts";
import { fewestSearched } from "./search.ts";
import { regionSide } from "./signals.ts";
import type { StatedTask } from "./task.ts";
import type { Tissue } from "./terms.ts";
import { foregroundTissue, percentileTissue } from "./tissue.ts";

interface Looking {
  readonly stated: StatedTask;
  /** Slices that are looked at. */
  readonly looked: readonly number[];
  readonly seed: number;
  readonly tissuePercent?: Tissue | undefined;
  /** Places of a user. */
  readonly places?: readonly Place[] | undefined;
  readonly padding?: Uint8Array | undefined;
  readonly doseImages?: readonly { readonly dose: number; readonly image: Image }[] | undefined;
  /** Whether the signal is searched for too. */
  readonly search?: boolean | undefined;
}

/** Places of regions three diameters wide, or of two where those are too few. */
export function roomFor(
  image: Image,
  looking: Looking,
  note: (text: string) => void,
): { readonly found: FoundPlaces; readonly side: number; readonly wide: number } {
  const pixelMm = Math.min(image.spacing[1], image.spacing[2]);
  const [side, narrow] = [3, 2].map((n) => regionSide(looking.stated.diameterMm, pixelMm, n));
  const searched = looking.search
    ? searchPlaces(image, { ...looking, side: side! }, note)
    : undefined;
  if (searched) return { found: searched, side: side!, wide: wideOf(side!) };
  try {
    return { found: placesOf(image, { ...looking, side: side! }), side: side!, wide: 0 };
  } catch (error) {
    if (looking.places || !(error instanceof InputError) || narrow === side) throw error;
    try {
      const found = placesOf(image, { ...looking, side: narrow! });
      note(
        `regions are ${narrow} × ${narrow} px, two diameters of the signal: there was no room for ${fewestPlaces} of three`,
      );
      return { found, side: narrow!, wide: 0 };
    } catch {
      throw error;
    }
  }
}

/** Side of the regions in which a signal is searched: it may lie half a region off the middle. */
const wideOf = (side: number): number => 2 * side - 1;

/** Places with room for search; undefined, and said, where there are too few. */
function searchPlaces(
  image: Image,
  looking: Looking & { readonly side: number },
  note: (text: string) => void,
): FoundPlaces | undefined {
  const side = wideOf(looking.side);
  try {
    const found = placesOf(image, { ...looking, side });
    if (found.places.length >= 2 * fewestSearched) return found;
    note(
      `search is not judged: found ${found.places.length} places of ${side} × ${side} px, wanted ${2 * fewestSearched}`,
    );
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    note(`search is not judged: ${error.message}`);
  }
  return undefined;
}

interface FoundPlaces {
  readonly tissue: Tissue;
  readonly places: readonly Place[];
  readonly given: ReadonlyMap<number, Image>;
}

/** A tissue whose range comes from means of larger regions, widened by the noise of the small ones that decide. */
function widened(image: Image, { low, high }: Tissue, padding: Uint8Array | undefined): Tissue {
  const { sigma } = noiseOfImage(image, { padding });
  return { low: low - sigma, high: high + sigma };
}

function placesOf(image: Image, options: Looking & { readonly side: number }): FoundPlaces {
  const { stated, looked, side, seed, padding } = options;
  const given = new Map((options.doseImages ?? []).map((one) => [one.dose, one.image]));
  const { ny, nx } = layoutOf(image);
  const tissue = options.tissuePercent
    ? percentileTissue(image, looked, options.tissuePercent)
    : (stated.tissue ?? widened(image, foregroundTissue(image, looked), padding));
  if (options.places) checkPlaces(image, options.places, { side, tissue });
  const places =
    options.places ?? findPlaces(image, { slices: looked, side, tissue, seed, padding });
  if (places.length < fewestPlaces) {
    const short = (x: number) => String(Number(x.toPrecision(4)));
    throw new InputError(
      `Cannot compare on these images: found ${places.length} places of ${side} × ${side} px in tissue from ${short(tissue.low)} to ${short(tissue.high)} on ${looked.length} slices of ${nx} × ${ny} px, wanted at least ${fewestPlaces}; give another tissue, a smaller signal, or more slices`,
    );
  }
  return { tissue, places, given };
}
