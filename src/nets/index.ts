/** Published networks: the public room. */
export { catalogue as networks } from "./catalogue.ts";
export { dncnn, foldBatchNorm } from "./dncnn.ts";
export { drunet } from "./drunet.ts";
export type { Network, NetworkContext } from "./network.ts";
