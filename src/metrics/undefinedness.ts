/** Why a metric has no value, and what would help. */
export interface Undefinedness {
  readonly cause: string;
  readonly remedy: string;
}
