/** Work that waits, runs or went wrong. */
import type { JobDocument } from "../../src/workflows/view/documents.ts";
import { useWorkbench } from "../state/workbench-state.ts";

export function JobList() {
  const { jobs, sending } = useWorkbench();
  const shown = jobs.value.filter(({ state }) => state !== "done" && state !== "cancelled");
  return (
    <div class="jobs" role="status">
      {sending.value !== undefined && (
        <div class="job">
          <span>Sending files</span>
          <progress value={sending.value.done} max={sending.value.total} aria-label="Files sent" />
        </div>
      )}
      {shown.map((job) => (
        <JobRow key={job.id} job={job} />
      ))}
    </div>
  );
}

function titleOf({ request }: JobDocument): string {
  return request.kind === "open"
    ? `Opening ${request.name}`
    : `Denoising${request.method === "auto" ? "" : ` by ${request.method}`}`;
}

function JobRow({ job }: { readonly job: JobDocument }) {
  const workbench = useWorkbench();
  const { state, progress, error } = job;
  const title = titleOf(job);
  const over = state === "failed";
  return (
    <div class={`job ${state}`}>
      <span>
        {title}
        {state === "waiting" ? ", waits" : ""}
      </span>
      <button
        type="button"
        onClick={() => void workbench.attempt(() => workbench.backend.cancel(job.id))}
      >
        {over ? "Dismiss" : "Stop"}
      </button>
      {state === "running" && (
        <progress
          {...(progress === undefined ? {} : { value: progress.done, max: progress.total })}
          aria-label={title}
        />
      )}
      {error !== undefined && <p class="error">{error}</p>}
    </div>
  );
}
