/** The section `data` of a description, opened: batches to train on and patches to validate on. */
import { InputError } from "../../core/errors.ts";
import { oneOf } from "../../core/nearest-names.ts";
import type { BatchSource, ValidationSource } from "../batch.ts";
import type { TrainingConfig } from "../config.ts";
import { checkSamples } from "./cut.ts";
import { hasThreads } from "../draw-in-thread.ts";
import { cutBatches, type CutOptions, type CutSamples, cutValidation } from "./cut-batches.ts";
import type { DataConfig } from "./description.ts";
import { cutInThread } from "./cut-in-thread.ts";
import type { Sample } from "./sample.ts";
import { scanMemory, usualMemory } from "./scan-memory.ts";
import { imageClassesOf } from "./image-classes.ts";
import { openFiles } from "./sources/files.ts";
import { openSimulated } from "./sources/simulated.ts";
import type { SourceContext, SourceImages } from "./sources/source.ts";

export interface OpenDataOptions extends Omit<SourceContext, "role" | "what" | "memory"> {
  /** Whether patches are cut in a thread of its own, which the source's `dispose` ends. Defaults to false. */
  readonly inThread?: boolean;
  /** Bytes of kept scans that may be in memory at a time; usually 1 GiB. */
  readonly memory?: number | undefined;
}

export interface OpenedData {
  readonly data: BatchSource;
  readonly validation?: ValidationSource;
  /** What a person should know of how the images came about. */
  readonly notes: readonly string[];
}

/**
 * Draws or reads what a description names.
 *
 * @throws InputError on a description that cannot be met; RunError when the disk fails; CancelledError, with the
 *   scans that are finished kept
 */
export async function openData(
  config: TrainingConfig & { readonly data: DataConfig },
  options: OpenDataOptions,
): Promise<OpenedData> {
  const { seed, batch, patch: side, validation, data } = config;
  const { inThread = false, memory: most = usualMemory, ...given } = options;
  const context = { ...given, memory: scanMemory(most) };
  const training = await openSection(data, { ...context, role: "train", what: "data" }, side);
  const { level, noiseless, modalities } = data;
  const cutting = { ...training.options, seed, count: batch, level, noiseless, modalities };
  const batches =
    inThread && hasThreads()
      ? cutInThread(training.from, { ...cutting, memory: most })
      : cutBatches(training.from, cutting);
  const notes = [...training.notes, ...memoryNotes(training.from.samples, most)];
  if (validation?.data === undefined) return { data: batches, notes };
  const held = await openSection(
    validation.data,
    { ...context, role: "validation", what: "validation.data" },
    side,
  );
  return {
    data: batches,
    validation: cutValidation(held.from, {
      ...held.options,
      seed,
      patches: validation.patches,
      sigmas: validation.sigmas,
    }),
    notes: [...notes, ...held.notes],
  };
}

/** Says that not all scans fit into memory. */
function memoryNotes(samples: readonly Sample[], most: number): string[] {
  const bytes = samples.reduce((sum, { bytes: own = 0 }) => sum + own, 0);
  if (bytes <= most) return [];
  const [all, held] = [bytes, most].map((n) => Number((n / 2 ** 20).toPrecision(2)));
  return [
    `holds at most ${held} of ${all} MiB of scans in memory and reads the others from the disk when patches are cut from them`,
  ];
}

interface OpenedSection {
  readonly from: CutSamples;
  readonly options: Omit<CutOptions, "level" | "noiseless">;
  readonly notes: readonly string[];
}

async function openSection(
  config: DataConfig,
  context: SourceContext,
  side: number,
): Promise<OpenedSection> {
  const opened: SourceImages[] = [];
  for (const [index, source] of config.sources.entries()) {
    const own = { ...context, what: `${context.what}.sources.${index}` };
    opened.push(
      source.kind === "simulated" ? await openSimulated(source, own) : await openFiles(source, own),
    );
  }
  const joined = classesOf(config, { opened, what: context.what });
  const classes = joined.map(({ name }) => name);
  const samples = opened.flatMap(({ samples: own, names }) => {
    const classOf: number[] = [];
    for (const [value, name] of Object.entries(names)) {
      const channel = joined.findIndex(({ of }) => of.includes(name));
      classOf[Number(value)] = Math.max(0, channel);
    }
    return own.map((sample) =>
      sample.planes.labels === undefined ? sample : { ...sample, classOf },
    );
  });
  const others = opened.flatMap(({ others: own = [] }) => own);
  const size = { side, depth: config.depth ?? 1 };
  const { form, augment, foreground, centre } = config;
  const imageClasses = imageClassesOf(config.imageClasses, { samples, what: context.what });
  checkSamples(samples, { size, augment, centre });
  if (others.length > 0) checkSamples(others, { size, augment });
  return {
    from: { samples, others },
    options: { size, form, augment, foreground, centre, classes, imageClasses },
    notes: opened.flatMap(({ notes }) => notes),
  };
}

/** The classes of labels, each with the sources' classes that it joins; the first is everything else. */
function classesOf(
  { classes }: DataConfig,
  { opened, what }: { opened: readonly SourceImages[]; what: string },
): { readonly name: string; readonly of: readonly string[] }[] {
  const known = [...new Set(opened.flatMap(({ names }) => Object.values(names)))];
  const wanted = (classes ?? known).map((one) =>
    typeof one === "string" ? { name: one, of: [one] } : one,
  );
  const taken = new Set<string>();
  for (const name of wanted.flatMap(({ of }) => of)) {
    if (!known.includes(name)) {
      throw new InputError(
        `Cannot use ${what}.classes: found ${name}, which no source has, wanted ${oneOf(name, known)}`,
      );
    }
    if (taken.has(name)) {
      throw new InputError(
        `Cannot use ${what}.classes: found ${name} twice, wanted it in one class`,
      );
    }
    taken.add(name);
  }
  return [{ name: "everything else", of: [] }, ...wanted];
}
