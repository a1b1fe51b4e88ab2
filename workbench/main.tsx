/** Starts the page. */
import { signal } from "@preact/signals";
import { render } from "preact";

const about = signal("");

function Workbench() {
  return <h1>dprime {about}</h1>;
}

render(<Workbench />, document.getElementById("workbench")!);
const answer = await fetch("api/about").catch(() => undefined);
if (answer?.ok) about.value = ((await answer.json()) as { version: string }).version;
