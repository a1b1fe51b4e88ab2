/** What a description says of images in files; apart from their reading, so that a browser can check one. */
import { z } from "zod";
import { noiseSchema, signalSchema, spreadSchema, spreadsSchema } from "../../../cases/index.ts";
import { fileClassesSchema } from "../image-classes-schema.ts";
import { windowFields } from "../window.ts";

const paths = (about: string) =>
  z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((given) => (typeof given === "string" ? [given] : given))
    .optional()
    .describe(`Files or folders, relative to the data folder: ${about}`);

const insertionSchema = z
  .strictObject({
    dose: spreadSchema.describe("Fraction of the image's own dose."),
    options: spreadsSchema.default({}).describe("Of the scanner, as noise insertion takes."),
  })
  .describe(
    "Noise of a lower dose, put into clean images (CT in HU); the scanner's quanta follow from each image's own noise unless `photons` is given.",
  );

export const filesSchema = z
  .strictObject({
    kind: z.literal("files"),
    noisy: paths("images with noise."),
    clean: paths("the same without noise, or with less, matched by name."),
    again: paths("the same with other noise, matched by name."),
    labels: paths("classes of their voxels as whole numbers, matched by name."),
    other: paths("images without noise of other objects, in the same unit."),
    classes: z
      .record(z.string().regex(/^\d+$/), z.string())
      .optional()
      .describe("Names of the values of labels; default: the numbers themselves."),
    imageClasses: fileClassesSchema,
    noise: noiseSchema
      .optional()
      .describe("Noise added to every patch of clean images anew, in their unit."),
    insertion: insertionSchema.optional(),
    signal: signalSchema.optional(),
    present: z.number().min(0).max(1).default(1).describe("Share of images with the signal."),
    halfCyclesPerMm: z
      .number()
      .positive()
      .optional()
      .describe(
        "Cycles per mm at which the scan shows half of a lesion's contrast; default: lesions are not blurred.",
      ),
    draws: z
      .int()
      .positive()
      .default(1)
      .describe("How often every image gets other noise and another lesion."),
    licence: z.string().describe("Licence under which they may be trained on."),
    ...windowFields,
  })
  .describe("Images in files.");

export type FilesConfig = z.output<typeof filesSchema>;
