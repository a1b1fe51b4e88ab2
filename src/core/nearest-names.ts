/** Names that a misspelt or shortened one may mean. */

const plain = (text: string): string => text.toLowerCase().replace(/[\s_+.-]+/g, "");

/** First letters of the parts: `nlm` of `non-local-means`. */
const initialsOf = (name: string): string =>
  name
    .split("-")
    .map((part) => part.charAt(0))
    .join("");

/**
 * Letters to insert, remove, replace or swap with their neighbour to get from one word to the other
 * (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  let [older, old]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(old[j]! + 1, row[j - 1]! + 1, old[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, older[j - 2]! + 1);
      }
      row.push(least);
    }
    [older, old] = [old, row];
  }
  return old[b.length]!;
}

/** How far a name is from a word; infinite where they have nothing in common. */
function distanceOf(word: string, name: string): number {
  const [given, known] = [plain(word), plain(name)];
  if (given === "") return Infinity;
  if (given === known) return 0;
  if (given.length > 1 && initialsOf(name) === given) return 0.5;
  const parts = name.split("-");
  if (parts.includes(given)) return 0.75;
  const edits = editDistance(given, known);
  if (edits <= Math.max(1, Math.floor(Math.min(given.length, known.length) / 3))) return edits;
  if (given.length > 2 && (known.startsWith(given) || parts.some((part) => part.startsWith(given))))
    return 1.5 + known.length / 100;
  if (given.length > 2 && initialsOf(name).endsWith(given)) return 2.5;
  if (known.length > 2 && given.startsWith(known)) return 3;
  return Infinity;
}

/** At most three names, the nearest first; empty where none is near. */
export function nearestNames(word: string, names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, distance: distanceOf(word, name) }))
    .filter(({ distance }) => distance < Infinity)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Longer lists are told by what is near, where something is. */
const listed = 8;

/** The end of a refusal: `one of a, b, c`, the nearest names first and in short where there are many. */
export function oneOf(word: string, names: readonly string[]): string {
  const near = nearestNames(word, names);
  if (near.length === 0) return `one of ${names.join(", ")}`;
  const others = names.filter((name) => !near.includes(name));
  if (names.length <= listed) return `one of ${[...near, ...others].join(", ")}`;
  return `one of ${near.join(", ")} or ${others.length} others`;
}
