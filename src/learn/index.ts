/** What learning stands on: optimisers, flat weights, training programs, tensors and networks on disk. */
export { decodeTensors, encodeTensors, type NamedArray, type TensorFile } from "./checkpoint.ts";
export { type ExportOptions, exportNetwork } from "./export-network.ts";
export { type Weights } from "./flat-weights.ts";
export { type ImportedNetwork, importNetwork } from "./import-network.ts";
export { catalogue as optimisers } from "./optimisers/catalogue.ts";
