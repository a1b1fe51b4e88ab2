/** How the images are shown: mode, window, zoom, and what a drag does. */
import type { ImageDocument } from "../../src/workflows/view/documents.ts";
import type { Mode } from "../state/view.ts";
import { type ImagePair, type Tool, useWorkbench } from "../state/workbench-state.ts";
import { lookingOf } from "../viewer/looking.ts";
import { windowPresets } from "./window-presets.ts";

const modeNames: Readonly<Record<Mode, string>> = {
  side: "Side by side",
  three: "Three",
  wipe: "Wipe",
  flicker: "Flicker",
  difference: "Difference",
  one: "After",
};

const toolNames: Readonly<Record<Tool, string>> = {
  move: "Move",
  window: "Window",
  region: "Region",
  line: "Line",
};

interface ChoicesProps<T extends string> {
  readonly label: string;
  readonly names: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** One of a few, all of them visible. */
function Choices<T extends string>({ label, names, value, onChange }: ChoicesProps<T>) {
  return (
    <fieldset class="choices">
      <legend class="unseen">{label}</legend>
      {(Object.keys(names) as T[]).map((name) => (
        <label key={name} class={name === value ? "chosen" : ""}>
          <input
            type="radio"
            name={label}
            checked={name === value}
            onChange={() => onChange(name)}
          />
          {names[name]}
        </label>
      ))}
    </fieldset>
  );
}

export function ViewBar({ pair }: { readonly pair: ImagePair }) {
  const state = useWorkbench();
  const { mode } = state.view.value;
  const { window } = lookingOf(pair, state.view.value);
  return (
    <div class="bar view-bar">
      {pair.after !== undefined && (
        <Choices
          label="How both are shown"
          names={modeNames}
          value={mode}
          onChange={(value) => state.look({ mode: value })}
        />
      )}
      <Choices
        label="What a drag does"
        names={toolNames}
        value={state.tool.value}
        onChange={(value) => void (state.tool.value = value)}
      />
      <WindowFields image={pair.before} window={window} />
      <div class="buttons">
        <button
          type="button"
          title="Whole image (0)"
          onClick={() => state.look({ place: undefined })}
        >
          Fit
        </button>
        <button
          type="button"
          title="One pixel of the image on one of the screen (1)"
          onClick={() => {
            const { place } = lookingOf(pair, state.view.value);
            state.look({ place: { zoom: 1, x: place.x, y: place.y } });
          }}
        >
          1 : 1
        </button>
      </div>
    </div>
  );
}

interface WindowFieldsProps {
  readonly image: ImageDocument;
  readonly window: { readonly low: number; readonly high: number };
}

function WindowFields({ image, window: { low, high } }: WindowFieldsProps) {
  const state = useWorkbench();
  const presets = windowPresets(image);
  const known = presets.find(({ window }) => window.low === low && window.high === high);
  const set = (change: { low?: number; high?: number }): void => {
    const next = { low, high, ...change };
    if (next.low < next.high) state.look({ window: next });
  };
  const shown = (value: number) => String(Number(value.toPrecision(5)));
  return (
    <div class="window-fields">
      <label>
        <span class="unseen">Window preset</span>
        <select
          value={known?.name ?? ""}
          onChange={(event) => {
            const preset = presets.find(({ name }) => name === event.currentTarget.value);
            if (preset !== undefined) state.look({ window: preset.window });
          }}
        >
          <option value="" disabled>
            Own window
          </option>
          {presets.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>from</span>
        <input
          type="number"
          step="any"
          value={shown(low)}
          onChange={(event) => set({ low: event.currentTarget.valueAsNumber })}
        />
      </label>
      <label>
        <span>to</span>
        <input
          type="number"
          step="any"
          value={shown(high)}
          onChange={(event) => set({ high: event.currentTarget.valueAsNumber })}
        />
      </label>
    </div>
  );
}
