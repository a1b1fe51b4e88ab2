/**
 * What everything stands on: the image, parameters as data, seeded random streams, errors, progress.
 *
 * @module
 */
export { sha256 } from "./checksum.ts";
export { csvField } from "./csv-field.ts";
export {
  CancelledError,
  FormatError,
  type FormatErrorKind,
  InputError,
  messageOf,
  RunError,
  throwIfAborted,
} from "./errors.ts";
export {
  allAxes,
  type Axes,
  type Geometry,
  identityDirection,
  type Image,
  type ImageOptions,
  type ImageTemplate,
  type IntensityUnit,
  type Layout,
  isSamePlace,
  layoutOf,
  makeImage,
  makeTemplate,
  placeOf,
  rangeOf,
  sizeOf,
  sliceOf,
  type ValueRange,
  withData,
} from "./image.ts";
export { type Members, openAll, openMember, type SettingsOf } from "./member.ts";
export { nearestNames, oneOf } from "./nearest-names.ts";
export {
  type BooleanParameter,
  type ChoiceParameter,
  type NumberParameter,
  type Parameter,
  type ParameterTable,
  type ParameterValue,
  type ParameterValues,
  type ParameterValuesOf,
  resolveParameters,
} from "./parameters.ts";
export type { Progress, ProgressListener, WorkOptions } from "./progress.ts";
export { visibleLines, visibleText } from "./visible-text.ts";
export { philox4x32, type ReservedBlocks, type Stream, streamOf } from "./random.ts";
export { setVendorFolder } from "./vendor-files.ts";
