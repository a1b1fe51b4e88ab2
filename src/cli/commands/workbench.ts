/** `dprime workbench`: the page on which one looks, on a server of one's own machine. */
import { remaining, text, toggle, whole } from "../options.ts";
import { type Command, command } from "./command.ts";

export const workbench: Command = command({
  name: "workbench",
  summary: "Open the workbench: look at images, denoise them and compare, in a browser.",
  description:
    "Starts a server on this machine and opens its page. Nothing leaves the machine: the server listens on the loopback address, answers its own page alone, and reads no file outside of the folders given. Work is kept in the user's data folder and found again after a restart. Ctrl-C stops it.",
  arguments: {
    folders: remaining("folders whose images the page may open", { optional: true }),
  },
  options: {
    port: whole("port to listen on; default: 7337, or a free one where that is taken", {
      min: 0,
      max: 65_535,
    }),
    host: text(
      "ADDRESS",
      "address to listen on; any but the loopback address asks for a token, which the printed address holds",
    ),
    open: toggle("open the page in a browser, or print its address alone; default: open"),
    workspace: text("FOLDER", "where work is kept; default: workbench in the user's data folder"),
  },
  examples: {
    "dprime workbench": "opens the page; files are dropped onto it",
    "dprime workbench studies/ --no-open": "a folder to open images from",
  },
  async run({ folders, open = true, ...values }, context) {
    const { runWorkbench } = await import("../../server/run-workbench.ts");
    const { signal } = context.work;
    return runWorkbench({
      ...values,
      folders,
      signal,
      onStart: ({ address, workspace }) => {
        context.print(`the workbench is at ${address}`);
        context.print(`work is kept in ${workspace}; Ctrl-C stops it`);
      },
      open,
    });
  },
});
