/** What commands say of the files that they wrote. */
import { dirname } from "node:path";
import type { CommandContext } from "./commands/command.ts";

export function printWritten(
  context: CommandContext,
  { outputs, figure }: { readonly outputs: readonly string[]; readonly figure?: string | null },
): void {
  const places = new Set(outputs.map((path) => dirname(path)));
  context.print(
    outputs.length === 1
      ? `wrote ${outputs[0]}`
      : `wrote ${outputs.length} files to ${[...places].join(", ")}`,
  );
  if (typeof figure === "string") context.print(`wrote ${figure}`);
}
