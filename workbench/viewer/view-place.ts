/** Where an image lies in a pane: scale and centre, and the way from pixels of the screen to pixels of the image. */

export interface ImageSize {
  readonly rows: number;
  readonly columns: number;
  /** Height of a pixel divided by its width. */
  readonly aspect: number;
}

/** What of an image a pane shows; the same for all panes, so that they move together. */
export interface ViewPlace {
  /** Pixels of the screen for a column of the image; undefined fits the image into the pane. */
  readonly zoom: number | undefined;
  /** Column and row in the middle of the pane, in pixels with 0 at the outer edge of the first. */
  readonly x: number;
  readonly y: number;
}

export interface PaneSize {
  readonly width: number;
  readonly height: number;
}

/** Pixels of the screen for one column and one row of the image. */
export interface Scale {
  readonly x: number;
  readonly y: number;
}

const [leastZoom, mostZoom] = [0.05, 64];

export const centred = ({ rows, columns }: ImageSize): ViewPlace => ({
  zoom: undefined,
  x: columns / 2,
  y: rows / 2,
});

export function scaleOf(place: ViewPlace, size: ImageSize, pane: PaneSize): Scale {
  const fit = Math.min(pane.width / size.columns, pane.height / (size.rows * size.aspect));
  const x = place.zoom ?? Math.max(leastZoom, fit);
  return { x, y: x * size.aspect };
}

/** The point of a pane at which the middle of the view lies. */
export const middleOf = ({ width, height }: PaneSize) => ({
  x: Math.floor(width / 2),
  y: Math.floor(height / 2),
});

/** Column and row, with fractions, under a point of the pane. */
export function imagePoint(
  at: { readonly x: number; readonly y: number },
  view: { readonly place: ViewPlace; readonly size: ImageSize; readonly pane: PaneSize },
): { readonly x: number; readonly y: number } {
  const scale = scaleOf(view.place, view.size, view.pane);
  const middle = middleOf(view.pane);
  return {
    x: view.place.x + (at.x - middle.x) / scale.x,
    y: view.place.y + (at.y - middle.y) / scale.y,
  };
}

/** Point of the pane at a column and row. */
export function panePoint(
  at: { readonly x: number; readonly y: number },
  view: { readonly place: ViewPlace; readonly size: ImageSize; readonly pane: PaneSize },
): { readonly x: number; readonly y: number } {
  const scale = scaleOf(view.place, view.size, view.pane);
  const middle = middleOf(view.pane);
  return {
    x: middle.x + (at.x - view.place.x) * scale.x,
    y: middle.y + (at.y - view.place.y) * scale.y,
  };
}

/** Larger or smaller by a factor, with the point under `at` staying where it is. */
export function zoomed(
  view: { readonly place: ViewPlace; readonly size: ImageSize; readonly pane: PaneSize },
  {
    factor,
    at,
  }: { readonly factor: number; readonly at: { readonly x: number; readonly y: number } },
): ViewPlace {
  const before = imagePoint(at, view);
  const { x: now } = scaleOf(view.place, view.size, view.pane);
  const zoom = Math.min(mostZoom, Math.max(leastZoom, now * factor));
  const after = imagePoint(at, { ...view, place: { ...view.place, zoom } });
  return {
    zoom,
    x: view.place.x + before.x - after.x,
    y: view.place.y + before.y - after.y,
  };
}

/** Moved by pixels of the screen, no further than to the image's edge. */
export function moved(
  view: { readonly place: ViewPlace; readonly size: ImageSize; readonly pane: PaneSize },
  by: { readonly x: number; readonly y: number },
): ViewPlace {
  const scale = scaleOf(view.place, view.size, view.pane);
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return {
    zoom: scale.x,
    x: within(view.place.x - by.x / scale.x, view.size.columns),
    y: within(view.place.y - by.y / scale.y, view.size.rows),
  };
}
