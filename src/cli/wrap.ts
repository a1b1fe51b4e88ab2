/** Text in lines of a given width. */

/** Letters that take two columns of a terminal: East Asian scripts and most pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const joined = /\p{Mn}|\p{Me}|\u200d|\ufe0f/u;

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  // oxlint-disable-next-line no-control-regex -- the common case by one test
  if (/^[\u0000-\u007f]*$/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) width += joined.test(letter) ? 0 : wide.test(letter) ? 2 : 1;
  return width;
}

/** Lines of at most `width` columns, broken between words, and within words that are longer. */
export function wrapText(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = "";
    for (const letter of word) {
      if (textWidth(line + letter) > width && line !== "") {
        // Paths and lists break behind a separator where there is one.
        const at = Math.max(...["/", ",", "-", "_", "|"].map((mark) => line.lastIndexOf(mark)));
        const cut = at > line.length / 2 ? at + 1 : line.length;
        lines.push(line.slice(0, cut));
        line = line.slice(cut);
      }
      line += letter;
    }
  }
  return [...lines, line];
}

/** Wrapped text whose later lines are indented as the first. */
export function indented(
  text: string,
  { indent, width }: { indent: number; width: number },
): string[] {
  const space = " ".repeat(indent);
  return wrapText(text, Math.max(20, width - indent)).map((line) => `${space}${line}`);
}
