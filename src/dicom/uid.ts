/** Unique identifiers. */

/**
 * A new UID under the root 2.25: the decimal form of a random UUID's 128 bits [nema2024ps35] (annex B).
 * At most 44 characters, unlike those of libraries that draw digits at random.
 */
export function newUid(): string {
  return `2.25.${BigInt(`0x${globalThis.crypto.randomUUID().replaceAll("-", "")}`)}`;
}

/** Whether a text is a legal UID. */
export function isUid(text: string): boolean {
  return text.length <= 64 && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(text);
}
