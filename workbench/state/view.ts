/** What is looked at and how; the address of the page holds it, so that a link or a reload brings it back. */

export const modes = ["side", "three", "wipe", "flicker", "difference", "one"] as const;

/** How an image and its result are shown together. */
export type Mode = (typeof modes)[number];

/** A rectangle in pixels of the image. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** From the middle of one pixel to that of another. */
export interface Line {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

export interface View {
  /** Id of the image, or of the result. */
  readonly image?: string;
  readonly plane?: number;
  readonly window?: { readonly low: number; readonly high: number };
  readonly mode: Mode;
  /** Where the image lies; fitted into its pane when absent. */
  readonly place?: { readonly zoom: number; readonly x: number; readonly y: number };
  readonly region?: Region;
  readonly line?: Line;
}

export const firstView: View = { mode: "side" };

const short = (value: number): string => String(Number(value.toPrecision(7)));

/** The part of the address behind `#`. */
export function addressOf(view: View): string {
  const { image, plane, window, mode, place, region, line } = view;
  const words = new URLSearchParams();
  const put = (name: string, values: readonly number[]) =>
    words.set(name, values.map(short).join(" "));
  if (image !== undefined) words.set("image", image);
  if (plane !== undefined) words.set("plane", String(plane));
  if (window !== undefined) put("window", [window.low, window.high]);
  if (mode !== firstView.mode) words.set("mode", mode);
  if (place !== undefined) put("place", [place.zoom, place.x, place.y]);
  if (region !== undefined) put("region", [region.x, region.y, region.width, region.height]);
  if (line !== undefined) put("line", [...line.from, ...line.to]);
  return `#/look?${words.toString()}`;
}

/** The view of an address; what is wrong in it is left out. */
export function viewOf(address: string): View {
  const words = new URLSearchParams(address.replace(/^#\/look\??/, ""));
  const numbers = (name: string, count: number): readonly number[] | undefined => {
    const text = words.get(name);
    if (text === null) return undefined;
    const values = text.split(" ").map(Number);
    return values.length === count && values.every(Number.isFinite) ? values : undefined;
  };
  const image = words.get("image");
  const [plane] = numbers("plane", 1) ?? [];
  const [low, high] = numbers("window", 2) ?? [];
  const [zoom, x, y] = numbers("place", 3) ?? [];
  const [left, top, width, height] = numbers("region", 4) ?? [];
  const line = numbers("line", 4);
  const mode = modes.find((one) => one === words.get("mode")) ?? firstView.mode;
  return {
    mode,
    ...(image !== null && /^\w+$/.test(image) ? { image } : {}),
    ...(plane !== undefined && Number.isInteger(plane) && plane >= 0 ? { plane } : {}),
    ...(low !== undefined && high !== undefined && low < high ? { window: { low, high } } : {}),
    ...(zoom !== undefined && zoom > 0 ? { place: { zoom, x: x!, y: y! } } : {}),
    ...(width !== undefined && width > 0 && height! > 0
      ? { region: { x: left!, y: top!, width, height: height! } }
      : {}),
    ...(line === undefined
      ? {}
      : { line: { from: [line[0]!, line[1]!], to: [line[2]!, line[3]!] } }),
  };
}
