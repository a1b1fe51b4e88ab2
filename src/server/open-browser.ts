/** Opens an address in the user's browser. */
import { spawn } from "node:child_process";

/** Without a browser nothing happens: the address was printed. */
export function openBrowser(address: string, platform: string = process.platform): void {
  const [program, ...words] =
    platform === "darwin"
      ? ["open", address]
      : platform === "win32"
        ? ["explorer.exe", address]
        : ["xdg-open", address];
  const child = spawn(program!, words, { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
}
