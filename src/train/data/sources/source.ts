/** What every source of images comes to, and what it may use. */
import type { ScanOptions } from "../scan-cache.ts";
import type { ScanMemory } from "../scan-memory.ts";
import type { FieldName } from "../../batch.ts";
import type { Sample } from "../sample.ts";

export interface SourceContext extends ScanOptions {
  readonly seed: number;
  readonly role: "train" | "validation";
  /** Fields that the method and the validation read: what is dear and not read is not drawn. */
  readonly reads: readonly FieldName[];
  /** Folder that relative paths start from. */
  readonly dataFolder: string;
  /** Holds what is cut from. */
  readonly memory: ScanMemory;
  /** What errors call the source: its place in the description. */
  readonly what: string;
}

export interface SourceImages {
  readonly samples: readonly Sample[];
  /** Images without noise of other objects. */
  readonly others?: readonly Sample[];
  /** Names of the values of labels. */
  readonly names: Readonly<Record<number, string>>;
  /** What a person should know of how the images came about. */
  readonly notes: readonly string[];
}
