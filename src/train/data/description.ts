/** The section `data` of a training description: what images are drawn from, and how patches are cut from them. */
import { z } from "zod";
import { filesSchema } from "./sources/files-schema.ts";
import { simulatedSchema } from "./sources/simulated-schema.ts";

const sourceSchema = z.discriminatedUnion("kind", [simulatedSchema, filesSchema]);

const level = z
  .union([
    z.number().positive(),
    z
      .strictObject({
        from: z.number().positive(),
        to: z.number().positive(),
        scale: z.enum(["linear", "log"]).default("log"),
      })
      .refine(({ from, to }) => to >= from, { message: "from not above to" }),
  ])
  .describe(
    "Standard deviation of a patch's noise relative to its window, one value or drawn for each patch; the scan's own noise is made stronger or weaker until it has it. Default: the noise as it is.",
  );

const range = z
  .strictObject({ from: z.number(), to: z.number() })
  .refine(({ from, to }) => to >= from, { message: "from not above to" });

const augment = z
  .strictObject({
    flip: z.boolean().default(true).describe("Flips rows and columns."),
    turn: z.boolean().default(true).describe("Turns by multiples of 90 degrees."),
    flipDepth: z.boolean().default(false).describe("Flips the order of planes."),
    windowScale: range
      .refine(({ from }) => from > 0, { message: "factors above 0" })
      .optional()
      .describe("Factor for the window's width, drawn evenly for every patch."),
    windowShift: range.optional().describe("Shift of the window in widths, drawn evenly."),
  })
  .describe("How patches differ from the images, the same in all fields.");

export const dataSchema = z
  .strictObject({
    sources: z.array(sourceSchema).min(1),
    classes: z
      .array(
        z.union([
          z.string(),
          z.strictObject({
            name: z.string(),
            of: z.array(z.string()).min(1).describe("Names of the sources that it joins."),
          }),
        ]),
      )
      .min(1)
      .optional()
      .describe(
        "Classes that `labels` tell apart, beside a first class for everything else: names of the sources, or several of them joined in one. Default: all that the sources have.",
      ),
    imageClasses: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        "Classes of whole images, in the order of a classifier's scores. Default: all that sources name, `no signal` and the signals.",
      ),
    modalities: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        "What makes such images, as DICOM writes it (MR, US, DX), for the model's card. Default: CT where all are in HU.",
      ),
    level: level.optional(),
    noiseless: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("Share of patches without noise, from which a network learns to leave well alone."),
    form: z
      .enum(["planes", "stacks", "volumes"])
      .default("planes")
      .describe("What a network sees: single planes, neighbouring planes as channels, or volumes."),
    depth: z
      .int()
      .min(2)
      .optional()
      .describe("Planes of a stack or volume; labels of a stack are those of its middle plane."),
    centre: z
      .enum(["anywhere", "signal"])
      .default("anywhere")
      .describe(
        "Where patches are cut: anywhere, or so that the place where the signal is expected, there or not, lies at half of the patch's rows, columns and planes, whichever way it is turned: what an observer with a fixed template needs.",
      ),
    augment: augment.prefault({}),
    foreground: z
      .strictObject({
        above: z.number().describe("Least value that counts, in the unit of the images."),
        share: z.number().min(0).max(1).default(0.3).describe("Least share of a patch."),
      })
      .optional()
      .describe("Patches with less of it, such as air around a body, are cut anew elsewhere."),
  })
  .superRefine(({ form, depth }, context) => {
    if ((form === "planes") === (depth === undefined)) return;
    const message = form === "planes" ? "none with form planes" : `the planes of ${form}`;
    context.addIssue({ code: "custom", path: ["depth"], message });
  });

export type AugmentConfig = z.output<typeof augment>;
export type DataConfig = z.output<typeof dataSchema>;
export type LevelConfig = z.output<typeof level>;
