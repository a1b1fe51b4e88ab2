/** One image and what became of it: the first view of the page. */
import { OpenButtons } from "../parts/open-buttons.tsx";
import { useWorkbench } from "../state/workbench-state.ts";
import { Viewer } from "../viewer/viewer.tsx";
import { DenoiseForm } from "./denoise-form.tsx";
import { FolderBrowser } from "./folder-browser.tsx";
import { ImageList } from "./image-list.tsx";
import { JobList } from "./job-list.tsx";
import { MeasurePanel } from "./measure-panel.tsx";
import { ResultFacts } from "./result-facts.tsx";
import { ViewBar } from "./view-bar.tsx";

export function LookView() {
  const { pair, about, images } = useWorkbench();
  const now = pair.value;
  return (
    <div class="look">
      <aside class="side" aria-label="Images">
        <OpenButtons />
        <JobList />
        <ImageList />
        {about.value?.folders.map((folder) => (
          <FolderBrowser key={folder.id} folder={folder} />
        ))}
      </aside>
      <main class="stage">
        {now === undefined ? (
          images.value !== undefined && <Welcome />
        ) : (
          <>
            <h1 class="unseen">{now.before.name}</h1>
            <ViewBar pair={now} />
            <Viewer key={now.before.id} pair={now} />
          </>
        )}
      </main>
      {now !== undefined && (
        <aside class="side" aria-label="Denoise and measure">
          <DenoiseForm image={now.before} />
          {now.after !== undefined && <ResultFacts before={now.before} after={now.after} />}
          <MeasurePanel pair={now} />
          {now.before.notes.length > 0 && (
            <section class="panel" aria-labelledby="notes-title">
              <h2 id="notes-title">Notes on the image</h2>
              {now.before.notes.map((note) => (
                <p key={note} class="hint">
                  {note}
                </p>
              ))}
            </section>
          )}
        </aside>
      )}
    </div>
  );
}

function Welcome() {
  const { backend } = useWorkbench();
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <h1 id="welcome-title">Drop images here</h1>
      <p>
        DICOM files or a folder of slices, NIfTI, NRRD, MetaImage, NPY, PNG, TIFF. Denoise them, see
        what was taken away, and keep the result as what it was.
      </p>
      <OpenButtons primary />
      <p class="hint">
        {backend.kind === "server"
          ? "Nothing leaves this machine: the work is done by dprime here, and the page loads nothing from elsewhere."
          : "Nothing leaves this page: the work is done in your browser, and no file is sent anywhere."}
      </p>
    </section>
  );
}
