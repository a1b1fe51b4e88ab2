/**
 * What `import … from "dprime"` gives in a browser: everything of the front door that needs no disk.
 * Formats read bytes, models open from bytes, and images are arrays.
 */
export * from "./core/index.ts";
export { denoisers, estimateNoise, findDenoiser } from "./denoise/index.ts";
export { formats } from "./formats/index.ts";
export { openDenoisingModel } from "./inference/index.ts";
export { metrics } from "./metrics/index.ts";
