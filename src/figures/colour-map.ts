/** Colour maps: a number from 0 to 1 becomes an RGB triple. */

export type Rgb = readonly [red: number, green: number, blue: number];

export interface ColourMap {
  readonly name: string;
  /** Colours at evenly spaced places from 0 to 1, each channel 0 to 255; between them linear. */
  readonly anchors: readonly Rgb[];
}

/** Black to white. */
export const gray: ColourMap = Object.freeze<ColourMap>({
  name: "gray",
  anchors: [
    [0, 0, 0],
    [255, 255, 255],
  ],
});

/** Blue through white to red; 0.5 is no difference. Endpoints of equal lightness, safe for red-green blindness. */
export const diverging: ColourMap = Object.freeze<ColourMap>({
  name: "diverging",
  anchors: [
    [5, 48, 97],
    [67, 147, 195],
    [247, 247, 247],
    [214, 96, 77],
    [103, 0, 31],
  ],
});

/** Dark violet through green to yellow, evenly rising in lightness. */
export const viridis: ColourMap = Object.freeze<ColourMap>({
  name: "viridis",
  anchors: [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
  ],
});

/** Black through red and yellow to white. */
export const heat: ColourMap = Object.freeze<ColourMap>({
  name: "heat",
  anchors: [
    [0, 0, 0],
    [150, 20, 10],
    [230, 90, 10],
    [250, 190, 60],
    [255, 255, 255],
  ],
});

/** Colour for a value that is no number: a magenta that none of the maps contains. */
export const noNumber: Rgb = [255, 0, 255];

/** 256 RGB triples of a map, for fast look-up. */
export function lookupTable(map: ColourMap): Uint8Array {
  const table = new Uint8Array(256 * 3);
  const last = map.anchors.length - 1;
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * last;
    const k = Math.min(last - 1, Math.floor(place));
    const share = place - k;
    for (let c = 0; c < 3; c++) {
      table[3 * i + c] = Math.round(
        map.anchors[k]![c]! * (1 - share) + map.anchors[k + 1]![c]! * share,
      );
    }
  }
  return table;
}
