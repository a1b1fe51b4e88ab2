/** The command line that does what the page did. */
import type { DenoisedFacts, ImageDocument } from "../../src/workflows/view/documents.ts";

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Options of the command that are no parameters of the method. */
const ownOptions = ["keep", "strength"];

export function commandLine(
  { name, format, planes }: Pick<ImageDocument, "name" | "format" | "planes">,
  { method, parameters }: Pick<DenoisedFacts, "method" | "parameters">,
): string {
  const folder = format === "dicom" && planes > 1;
  const output = folder ? "denoised/" : `denoised-${name}`;
  const words = ["dprime", "denoise", name, "-o", output, "--method", method];
  for (const [key, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (ownOptions.includes(key)) words.push(`--${key}`, String(value));
    else words.push("-p", `${key}=${value}`);
  }
  return words.map(quoted).join(" ");
}
