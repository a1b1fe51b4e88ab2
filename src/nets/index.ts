/**
 * Networks by name in `networks`, as published.
 *
 * @module
 */
export { catalogue as networks } from "./catalogue.ts";
export { dncnn, foldBatchNorm } from "./dncnn.ts";
export { drunet } from "./drunet.ts";
export type { Network, NetworkContext } from "./network.ts";
