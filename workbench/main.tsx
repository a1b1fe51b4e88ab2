/// <reference types="vite/client" />
/** Starts the page. */
import { render } from "preact";
import { serverBackend } from "./server/server-backend.ts";
import { Shell } from "./shell.tsx";
import { StateProvider, startState } from "./state/workbench-state.ts";

const state = startState(serverBackend);
render(
  <StateProvider value={state}>
    <Shell />
  </StateProvider>,
  document.getElementById("workbench")!,
);
