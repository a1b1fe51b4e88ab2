/** Text of files and names as it may be shown. */

/**
 * What moves a terminal's cursor, rings, starts a new line or turns the direction of writing: the control
 * characters of C0 and C1, DEL, the separators of lines and paragraphs and the marks of bidirectional text.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const hidden = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function shown(character: string): string {
  const code = character.charCodeAt(0);
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  return code < 256
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * One line of text with its control characters written out, such as `\x1b` and `\n`: whatever a file calls
 * itself, it cannot act on the terminal or the page that shows it, nor pass for a line of its own.
 */
export function visibleText(text: string): string {
  return text.replace(hidden, shown);
}

/** The same for a text of several lines, which keeps its ends of lines and its tabs. */
export function visibleLines(text: string): string {
  return text.replace(hidden, (one) => (one === "\n" || one === "\t" ? one : shown(one)));
}
