/** What a result is, and the way to keep it. */
import { useSignal } from "@preact/signals";
import type { ImageDocument } from "../../src/workflows/view/documents.ts";
import { secondsText, shortText, unitText } from "../parts/text.ts";
import { useWorkbench } from "../state/workbench-state.ts";
import { commandLine } from "./command-line.ts";

export function ResultFacts({
  before,
  after,
}: {
  readonly before: ImageDocument;
  readonly after: ImageDocument;
}) {
  const { denoised } = after.from!;
  const unit = unitText(before);
  const levelUnit = denoised.sigmaUnit === undefined ? unit : ` ${denoised.sigmaUnit}`;
  return (
    <section class="panel" aria-labelledby="result-title">
      <h2 id="result-title">Result</h2>
      <dl class="facts">
        <dt>method</dt>
        <dd>{denoised.method}</dd>
        <dt>noise level</dt>
        <dd>
          {shortText(denoised.sigma)}
          {levelUnit}
        </dd>
        <dt>noise before, after</dt>
        <dd>
          {shortText(denoised.noiseBefore)}, {shortText(denoised.noiseAfter)}
          {unit}
        </dd>
        <dt>change (root mean square)</dt>
        <dd>
          {shortText(denoised.rmsChange)}
          {unit}
        </dd>
        <dt>time</dt>
        <dd>{secondsText(denoised.seconds)}</dd>
      </dl>
      {denoised.why !== undefined && <p class="hint">{denoised.why}</p>}
      {denoised.notes.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
      <SaveForm image={after} />
      <details>
        <summary>Command line</summary>
        <code class="command">{commandLine(before, denoised)}</code>
      </details>
    </section>
  );
}

function SaveForm({ image }: { readonly image: ImageDocument }) {
  const state = useWorkbench();
  const ending = useSignal("");
  const busy = useSignal(false);
  const lost = useSignal<readonly string[]>([]);
  const save = (): Promise<void> =>
    state.attempt(async () => {
      busy.value = true;
      try {
        const saved = await state.backend.save(image.id, ending.value || undefined);
        lost.value = saved.lost;
        const link = document.createElement("a");
        link.href = URL.createObjectURL(saved.blob);
        link.download = saved.name;
        link.click();
        URL.revokeObjectURL(link.href);
      } finally {
        busy.value = false;
      }
    });
  return (
    <div class="save">
      <label>
        <span class="unseen">Format to save as</span>
        <select
          value={ending.value}
          onChange={(event) => void (ending.value = event.currentTarget.value)}
        >
          <option value="">as it was ({image.format})</option>
          {state.backend.savedAs.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="primary" disabled={busy.value} onClick={() => void save()}>
        {busy.value ? "Saving…" : "Save"}
      </button>
      {lost.value.map((sentence) => (
        <p key={sentence} class="hint">
          {sentence}
        </p>
      ))}
    </div>
  );
}
