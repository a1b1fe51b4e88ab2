/** Losses: the public room. */
export { catalogue as losses } from "./catalogue.ts";
export type { Loss } from "./loss.ts";
