/**
 * iMRMC's text format for reader studies: free text, counts (`N0`, `N1`, `NR`, `NM`), the line
 * `BEGIN DATA:`, then `reader,case,modality,score`; rows of reader −1 and modality 0 give the truth
 * (0 absent, 1 present). A study written here can be checked by the FDA's own software.
 */
import { FormatError, InputError } from "../core/errors.ts";
import type { ReaderScore, ReaderStudy } from "./reader-study.ts";
import { modalitiesOf } from "./reader-study.ts";

function refuse(
  message: string,
  offset: number,
  kind: "corrupt" | "truncated" | "mismatch",
): never {
  throw new FormatError(message, { format: "imrmc", kind, offset });
}

/**
 * Reads an iMRMC file.
 *
 * @throws FormatError with the byte offset of the line that is wrong
 */
export function parseImrmc(text: string): ReaderStudy {
  const encoder = new TextEncoder();
  const lines = text.split("\n");
  let offset = 0;
  let inData = false;
  const truth = new Map<string, boolean>();
  const scores: ReaderScore[] = [];
  const seen = new Set<string>();
  const declared = new Map<string, number>();
  for (const raw of lines) {
    const at = offset;
    offset += encoder.encode(raw).length + 1;
    const line = raw.replace(/\r$/, "").trim();
    if (!inData) {
      if (/^begin data:?$/i.test(line)) inData = true;
      const count = /^(N0|N1|NR|NM)\s*:\s*(.*)$/i.exec(line);
      if (count) {
        const n = Number(count[2]);
        if (!Number.isInteger(n) || count[2] === "") {
          refuse(`Cannot read the study: found "${line}", wanted a whole number`, at, "corrupt");
        }
        declared.set(count[1]!.toUpperCase(), n);
      }
      continue;
    }
    if (line === "") continue;
    const fields = line.split(",").map((f) => f.trim());
    if (fields.length < 4) {
      refuse(
        `Cannot read the study: found ${fields.length} fields in "${line}", wanted reader, case, modality, score`,
        at,
        "corrupt",
      );
    }
    const [reader, caseId, modality, value] = fields as [string, string, string, string];
    const score = Number(value);
    if (value === "" || !Number.isFinite(score)) {
      refuse(`Cannot read the study: found score "${value}", wanted a number`, at, "corrupt");
    }
    if (reader === "-1" || reader.toLowerCase() === "truth") {
      if (score !== 0 && score !== 1) {
        refuse(`Cannot read the study: found truth "${value}", wanted 0 or 1`, at, "corrupt");
      }
      if (truth.has(caseId)) {
        refuse(
          `Cannot read the study: found the truth of case "${caseId}" twice, wanted it once`,
          at,
          "mismatch",
        );
      }
      truth.set(caseId, score === 1);
      continue;
    }
    const key = `${reader}\u0000${modality}\u0000${caseId}`;
    if (seen.has(key)) {
      refuse(
        `Cannot read the study: found two scores of reader "${reader}" for case "${caseId}" in modality "${modality}", wanted one`,
        at,
        "mismatch",
      );
    }
    seen.add(key);
    scores.push({ reader, modality, caseId, score });
  }
  if (!inData) {
    refuse('Cannot read the study: found no line "BEGIN DATA:", wanted one', offset, "truncated");
  }
  for (const { caseId } of scores) {
    if (!truth.has(caseId)) {
      refuse(
        `Cannot read the study: found no truth for case "${caseId}", wanted a row of reader -1`,
        offset,
        "mismatch",
      );
    }
  }
  const counted = new Map([
    ["N0", [...truth.values()].filter((v) => !v).length],
    ["N1", [...truth.values()].filter((v) => v).length],
    ["NR", new Set(scores.map((s) => s.reader)).size],
    ["NM", new Set(scores.map((s) => s.modality)).size],
  ]);
  for (const [name, n] of declared) {
    if (counted.get(name) !== n) {
      refuse(
        `Cannot read the study: found ${counted.get(name)} for ${name}, wanted ${n} as the header says`,
        offset,
        "mismatch",
      );
    }
  }
  return Object.freeze({ truth, scores: Object.freeze(scores) });
}

/**
 * Writes an iMRMC file. Scores keep all their digits.
 *
 * @param options.title first line of the file
 * @throws InputError when a name holds a comma or a line break, is "-1", or a score is not finite
 */
export function formatImrmc(study: ReaderStudy, options: { readonly title?: string } = {}): string {
  const { title = "Reader study written by dprime" } = options;
  const check = (name: string) => {
    if (/[,\r\n]/.test(name) || name === "-1" || name.trim() !== name || name === "") {
      throw new InputError(
        `Cannot write an iMRMC file: found the name "${name}", wanted one without commas, line breaks and outer spaces, and not "-1"`,
      );
    }
    return name;
  };
  const present = [...study.truth.values()].filter((v) => v).length;
  const lines = [
    title.replace(/[\r\n]+/g, " "),
    "",
    `N0: ${study.truth.size - present}`,
    `N1: ${present}`,
    `NR: ${new Set(study.scores.map((s) => s.reader)).size}`,
    `NM: ${modalitiesOf(study).length}`,
    "",
    "BEGIN DATA:",
  ];
  for (const [id, isPresent] of study.truth) lines.push(`-1,${check(id)},0,${isPresent ? 1 : 0}`);
  for (const { reader, modality, caseId, score } of study.scores) {
    if (!Number.isFinite(score)) {
      throw new InputError(
        `Cannot write an iMRMC file: found score ${score} of reader "${reader}", wanted a finite number`,
      );
    }
    lines.push(`${check(reader)},${check(caseId)},${check(modality)},${score}`);
  }
  return `${lines.join("\n")}\n`;
}
