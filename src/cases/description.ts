/**
 * How a case is drawn, as data: an object, what is put into it, and how it is imaged. Studies and trainings
 * describe their images in these words.
 */
import { z } from "zod";
import { spreadsSchema } from "./spread.ts";

const named = (what: string) =>
  z.strictObject({
    name: z.string().describe(`Name of a ${what} of the catalogue.`),
    options: spreadsSchema.default({}),
  });

export const objectSchema = named("phantom").describe("What is imaged: one object per case.");

const place = z.array(z.number()).min(2).max(3);

export const signalSchema = z
  .strictObject({
    name: z
      .union([z.string(), z.array(z.string()).min(1)])
      .describe("Name of a signal, or several of which every case draws one."),
    options: spreadsSchema.default({}),
    form: z
      .enum(["fixed", "drawn"])
      .optional()
      .describe(
        "Signals of random form (spicules, clusters): one form for all cases, or one for each; fixed when nothing else varies.",
      ),
    centre: place
      .optional()
      .describe("Place in voxels, slowest axis first; the middle when absent."),
    places: z.array(place).min(1).optional().describe("Places of which every case draws one."),
    toleranceMm: z
      .number()
      .positive()
      .optional()
      .describe(
        "Radius of the disk (in volumes: ball) about its place from which every case draws evenly where the signal is; default: exactly there.",
      ),
    within: z
      .strictObject({
        label: z
          .union([z.string(), z.int().positive()])
          .describe("Class of the object, such as liver."),
        marginMm: z.number().nonnegative().default(0).describe("Least distance from its border."),
      })
      .optional()
      .describe("A voxel inside a class of the object, drawn for every case."),
  })
  .describe("What an observer looks for; added to the object.");

export const noiseSchema = named("noise model").describe("Noise added to the object itself.");

export const acquisitionSchema = named("acquisition").describe(
  "Imaging with its own noise: the object becomes a measurement and the measurement an image.",
);

/** The fields that say how images come about; others may stand beside them. */
export const caseFields = {
  object: objectSchema,
  noise: noiseSchema.optional(),
  acquisition: acquisitionSchema.optional(),
};

export type ObjectDescription = z.output<typeof objectSchema>;
export type SignalDescription = z.output<typeof signalSchema>;
export type ImagingDescription = z.output<typeof acquisitionSchema>;

export interface CaseDescription {
  readonly object: ObjectDescription;
  readonly signal?: SignalDescription | undefined;
  /** One of the two; neither leaves the object as it is. */
  readonly noise?: ImagingDescription | undefined;
  readonly acquisition?: ImagingDescription | undefined;
}
