/** Losses: the public room. */
export { catalogue as losses } from "./catalogue.ts";
export { imageLoss } from "./loss.ts";
export type { Loss, LossContext, LossReads } from "./loss.ts";
