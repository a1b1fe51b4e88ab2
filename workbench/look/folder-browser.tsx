/** Entries of the folders that were opened with the server, to open images from. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { FolderListing, OpenFolder } from "../../src/workflows/view/documents.ts";
import { useWorkbench } from "../state/workbench-state.ts";

export function FolderBrowser({ folder }: { readonly folder: OpenFolder }) {
  const state = useWorkbench();
  const path = useSignal("");
  const listing = useSignal<FolderListing | undefined>(undefined);
  useEffect(() => {
    void state.attempt(async () => {
      listing.value = await state.backend.listFolder(folder.id, path.value);
    });
  }, [folder.id, path.value]);
  const below = (name: string) => (path.value === "" ? name : `${path.value}/${name}`);
  const open = (place: string) =>
    void state.attempt(async () => {
      const name = place === "" ? folder.name : place.split("/").at(-1)!;
      await state.backend.start({ kind: "open", name, place: { folder: folder.id, path: place } });
    });
  const up = path.value.split("/").slice(0, -1).join("/");
  return (
    <details class="folder" open>
      <summary>
        {folder.name}
        {path.value === "" ? "" : `/${path.value}`}
      </summary>
      <div class="buttons">
        <button type="button" onClick={() => open(path.value)}>
          Open all here
        </button>
        {path.value !== "" && (
          <button type="button" onClick={() => void (path.value = up)}>
            Up
          </button>
        )}
      </div>
      <ul class="entries">
        {listing.value?.entries.map((entry) => (
          <li key={entry.name}>
            <button
              type="button"
              class="entry"
              onClick={() =>
                entry.folder ? void (path.value = below(entry.name)) : open(below(entry.name))
              }
            >
              {entry.name}
              {entry.folder ? "/" : ""}
            </button>
          </li>
        ))}
      </ul>
      {listing.value?.more && <p class="hint">There are more entries than are shown.</p>}
    </details>
  );
}
