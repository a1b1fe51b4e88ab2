/** What sources say of the classes of whole images; apart from their reading, so that a browser can check one. */
import { z } from "zod";

const name = z.string().min(1);

const given = z
  .union([name, z.array(name).min(1)])
  .transform((one) => (typeof one === "string" ? [one] : one));

const about = "Classes that every image of the source belongs to, in whole";

/** What a source says of all its images. */
export const imageClassesSchema = given.optional().describe(`${about}.`);

/** The same of files, or a table with a row for each of them. */
export const fileClassesSchema = z
  .union([
    given,
    z.strictObject({
      table: z
        .string()
        .describe(
          "CSV with a header, relative to the data folder. First column: the file by name or path, with its ending or without; then one column of names joined by |, or one column of 0 and 1 for each class.",
        ),
    }),
  ])
  .optional()
  .describe(`${about}, or a table of each file's.`);

export type FileClasses = z.output<typeof fileClassesSchema>;
