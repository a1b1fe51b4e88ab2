/**
 * Pictures of images and plots of results, as SVG text or PNG bytes.  Drawing is text: `comparisonSvg`,
 * `contactSheetSvg`, `panelsSvg`, `rocSvg`, `forestSvg` and `plotSvg` return SVG and run anywhere; `svgPng` turns SVG
 * into PNG in Node; `bitmapPng(renderPlane(image))` is a plane pixel for pixel.
 *
 * @module
 */
export { type Bitmap, middleSlice, type RenderOptions, renderPlane, shrink } from "./bitmap.ts";
export {
  type ColourMap,
  diverging,
  gray,
  heat,
  lookupTable,
  type Rgb,
  viridis,
} from "./colour-map.ts";
export { type ComparisonOptions, comparisonSvg, differenceOf } from "./comparison.ts";
export { type ContactSheetOptions, contactSheetSvg } from "./contact-sheet.ts";
export { type ForestOptions, type ForestRow, forestSvg } from "./forest.ts";
export { type Panel, type PanelsOptions, panelsSvg } from "./panels.ts";
export { type PlotOptions, plotSvg } from "./plot.ts";
export { bitmapPng, svgPng } from "./png.ts";
export { type RocSeries, type RocOptions, rocSvg } from "./roc.ts";
export { ctWindows, type Window, windowFor } from "./window.ts";
