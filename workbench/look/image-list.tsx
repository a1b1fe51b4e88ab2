/** The images that are open, each with what was made of it. */
import type { ImageDocument } from "../../src/workflows/view/documents.ts";
import { sizeText } from "../parts/text.ts";
import { lookAt, useWorkbench } from "../state/workbench-state.ts";

export function ImageList() {
  const { images } = useWorkbench();
  const all = images.value ?? [];
  const originals = all.filter(({ from }) => from === undefined);
  return (
    <ul class="images">
      {originals.map((image) => (
        <li key={image.id}>
          <ImageRow image={image} />
          <ul>
            {all
              .filter(({ from }) => from?.image === image.id)
              .map((result) => (
                <li key={result.id}>
                  <ImageRow image={result} />
                </li>
              ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function ImageRow({ image }: { readonly image: ImageDocument }) {
  const state = useWorkbench();
  const pair = state.pair.value;
  const chosen = (pair?.after ?? pair?.before)?.id === image.id;
  const title = image.from === undefined ? image.name : image.from.denoised.method;
  const detail = image.from === undefined ? detailOf(image) : resultOf(image);
  return (
    <div class={`image-row ${chosen ? "chosen" : ""}`}>
      <button
        type="button"
        class="row"
        aria-current={chosen ? "true" : undefined}
        onClick={() => state.look(lookAt(image, state.pair.value), { step: true })}
      >
        <img src={state.backend.thumbnail(image.id)} alt="" loading="lazy" />
        <span class="name" title={title}>
          {title}
        </span>
        <span class="detail">{detail}</span>
      </button>
      <button
        type="button"
        class="close"
        aria-label={`Close ${title}`}
        title="Close"
        onClick={() => void state.attempt(() => state.backend.closeImage(image.id))}
      >
        ×
      </button>
    </div>
  );
}

function detailOf(image: ImageDocument): string {
  return [image.modality, sizeText(image)].filter(Boolean).join(" · ");
}

function resultOf({ from }: ImageDocument): string {
  const { noiseBefore, noiseAfter } = from!.denoised;
  if (!(noiseBefore > 0)) return "";
  return `noise ${Math.round((100 * noiseAfter) / noiseBefore)} % of before`;
}
