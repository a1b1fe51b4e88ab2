/** Buttons that choose files or a folder of this machine. */
import { useRef } from "preact/hooks";
import { useWorkbench } from "../state/workbench-state.ts";
import { chosenFiles } from "./pick-files.ts";

export function OpenButtons({ primary = false }: { readonly primary?: boolean }) {
  const state = useWorkbench();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (event: { readonly currentTarget: HTMLInputElement }): void => {
    const picked = chosenFiles(event.currentTarget.files);
    event.currentTarget.value = "";
    void state.openFiles(picked);
  };
  return (
    <div class="buttons">
      <button type="button" class={primary ? "primary" : ""} onClick={() => files.current!.click()}>
        Open files…
      </button>
      <button type="button" onClick={() => folder.current!.click()}>
        Open folder…
      </button>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-hidden="true"
        data-pick="files"
        onChange={take}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-hidden="true"
        data-pick="folder"
        {...{ webkitdirectory: true }}
        onChange={take}
      />
    </div>
  );
}
