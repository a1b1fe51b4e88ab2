/** What a report of a fault needs: versions, the browser, sizes; no name of a file, no value of an image. */
import { useSignal } from "@preact/signals";
import { useWorkbench, type WorkbenchState } from "../state/workbench-state.ts";

export function Diagnostics() {
  const state = useWorkbench();
  const copied = useSignal(false);
  const text = diagnosticsText(state);
  return (
    <>
      <pre class="diagnostics">{text}</pre>
      <div class="buttons">
        <button
          type="button"
          onClick={() =>
            void state.attempt(async () => {
              await navigator.clipboard.writeText(text);
              copied.value = true;
            })
          }
        >
          {copied.value ? "Copied" : "Copy"}
        </button>
      </div>
    </>
  );
}

function diagnosticsText(state: WorkbenchState): string {
  const { backend, about, images, jobs, connection, view } = state;
  const gl = document.createElement("canvas").getContext("webgl2");
  const lines = [
    `dprime ${about.value?.version ?? "of unknown version"}, work done by: ${backend.kind}`,
    `system: ${about.value?.system ?? "unknown"}`,
    `browser: ${navigator.userAgent}`,
    `graphics: ${gl === null ? "no WebGL2" : String(gl.getParameter(gl.RENDERER))}, textures to ${gl?.getParameter(gl.MAX_TEXTURE_SIZE) ?? 0} px`,
    `window: ${innerWidth} × ${innerHeight} at ${devicePixelRatio}`,
    `connection: ${connection.value}`,
    `mode: ${view.value.mode}`,
    ...(images.value ?? []).map(
      ({ format, axes, shape, type, unit, from }) =>
        `image: ${format} ${axes} ${shape.join("×")} ${type} ${unit}${from === undefined ? "" : ` by ${from.denoised.method}`}`,
    ),
    ...jobs.value.map(
      ({ request, state: now, seconds }) =>
        `job: ${request.kind}, ${now}${seconds === undefined ? "" : ` after ${seconds.toFixed(1)} s`}`,
    ),
  ];
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return lines.join("\n");
}
