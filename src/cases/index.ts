/**
 * How a case is drawn: object, signal and imaging as one description, for studies and trainings alike.
 *
 * @module
 */
export {
  type CaseSource,
  type DrawnCase,
  type DrawOptions,
  openCases,
  type OpenCasesOptions,
} from "./case-source.ts";
export {
  acquisitionSchema,
  type CaseDescription,
  caseFields,
  type ImagingDescription,
  noiseSchema,
  type ObjectDescription,
  objectSchema,
  type SignalDescription,
  signalSchema,
} from "./description.ts";
export { type Imaged, type Imaging, openImaging } from "./imaging.ts";
export { openSignals, type PlacedSignal, type SignalSource } from "./signals.ts";
export {
  checkSpreads,
  drawSpreads,
  fixedValues,
  type Spread,
  type Spreads,
  spreadSchema,
  spreadsSchema,
} from "./spread.ts";
