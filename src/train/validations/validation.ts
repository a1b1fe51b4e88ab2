/** What every validation is: a file of this folder exporting one such object. */
import type { NamedArray } from "../../learn/tensor-file.ts";
import type { Gives } from "../../nets/network.ts";
import type { Batch, FieldName } from "../batch.ts";

/** What a network made of a batch, beside the batch. */
export interface Judged {
  readonly result: NamedArray;
  readonly batch: Batch;
}

export interface Validation {
  /** File name, registry name and name in descriptions at once. */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly references: readonly string[];
  readonly unit: string;
  /** Which way is better. */
  readonly better: "higher" | "lower";
  /** What the network must give. */
  readonly gives: readonly Gives[];
  /** Fields that it reads beside the network's input. */
  readonly reads: readonly FieldName[];
  /** One number for a group of images, in as many parts as they were run in. */
  value(parts: readonly Judged[]): number;
}
