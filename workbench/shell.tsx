/** The frame of the page: its head, what went wrong, and the place where files are dropped. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { LookView } from "./look/look-view.tsx";
import { Diagnostics } from "./parts/diagnostics.tsx";
import { Dialog } from "./parts/dialog.tsx";
import { KeyHelp } from "./parts/key-help.tsx";
import { droppedFiles } from "./parts/pick-files.ts";
import { useWorkbench } from "./state/workbench-state.ts";

export function Shell() {
  return (
    <div class="shell">
      <Head />
      <Trouble />
      <LookView />
      <DropPlace />
    </div>
  );
}

function Head() {
  const { theme, about } = useWorkbench();
  const other = theme.value === "dark" ? "light" : "dark";
  return (
    <header class="head">
      <span class="brand">
        d<span aria-hidden="true">′</span>
        <span class="unseen">prime</span>
      </span>
      <span class="brand-name">dprime workbench</span>
      <span class="version">{about.value?.version}</span>
      <nav class="buttons" aria-label="Page">
        <Dialog button="Keys" title="Keys and gestures">
          {() => <KeyHelp />}
        </Dialog>
        <Dialog button="Diagnostics" title="Diagnostics for a report">
          {() => <Diagnostics />}
        </Dialog>
        <button type="button" class="quiet" onClick={() => void (theme.value = other)}>
          {other === "light" ? "Light" : "Dark"}
        </button>
      </nav>
    </header>
  );
}

function Trouble() {
  const { connection, trouble } = useWorkbench();
  return (
    <div class="troubles" role="alert">
      {connection.value === "lost" && (
        <p class="trouble">
          The connection to dprime is lost. If it was stopped, start <code>dprime workbench</code>{" "}
          again; this page comes back by itself, and the work is kept.
        </p>
      )}
      {trouble.value !== undefined && (
        <p class="trouble">
          {trouble.value}
          <button type="button" onClick={() => void (trouble.value = undefined)}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  );
}

/** The whole page takes files. */
function DropPlace() {
  const state = useWorkbench();
  const over = useSignal(false);
  useEffect(() => {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const drag = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = true;
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) over.value = false;
    };
    const drop = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      over.value = false;
      const files = droppedFiles(event.dataTransfer!);
      void state.attempt(async () => state.openFiles(await files));
    };
    addEventListener("dragover", drag);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return over.value ? <div class="drop-place">Drop to open</div> : null;
}
