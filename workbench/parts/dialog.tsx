/** A dialog over the page, opened by a button. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";

interface DialogProps {
  readonly button: string;
  readonly title: string;
  /** Made when the dialog opens. */
  readonly children: () => ComponentChildren;
}

export function Dialog({ button, title, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          open.value = true;
          dialog.current!.showModal();
        }}
      >
        {button}
      </button>
      <dialog ref={dialog} aria-label={title} onClose={() => void (open.value = false)}>
        <h2>{title}</h2>
        {open.value && children()}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current!.close()}>
            Close
          </button>
        </div>
      </dialog>
    </>
  );
}
