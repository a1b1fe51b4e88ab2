/**
 * Losses by name in `losses`: what training makes small.
 *
 * @module
 */
export { catalogue as losses } from "./catalogue.ts";
export { imageLoss } from "./loss.ts";
export type { Loss, LossContext, LossReads } from "./loss.ts";
