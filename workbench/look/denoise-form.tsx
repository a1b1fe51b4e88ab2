/** What to denoise an image by: a method and its parameters, or the choice by the image. */
import { useSignal } from "@preact/signals";
import type {
  DenoiseRequest,
  ImageDocument,
  MethodDocument,
} from "../../src/workflows/view/documents.ts";
import type { ParameterValue, ParameterValues } from "../../src/core/parameters.ts";
import { secondsText } from "../parts/text.ts";
import { useWorkbench } from "../state/workbench-state.ts";
import { ParameterField } from "./parameter-field.tsx";

const wrappers: readonly { readonly name: string; readonly title: string }[] = [
  { name: "", title: "as it is" },
  { name: "rician", title: "magnitude MR (Rician)" },
  { name: "anscombe", title: "counts (Poisson, Gaussian)" },
  { name: "homomorphic", title: "speckle (multiplicative)" },
];

export function DenoiseForm({ image }: { readonly image: ImageDocument }) {
  const state = useWorkbench();
  const method = useSignal("auto");
  const wrapper = useSignal("");
  const parameters = useSignal<ParameterValues>({});
  const keep = useSignal<number | undefined>(undefined);
  const sigma = useSignal<number | undefined>(undefined);
  const strength = useSignal(1);
  const methods = state.methods.value;
  const chosen = methods.find(({ name }) => name === method.value);
  const set = (name: string, value: ParameterValue | undefined): void => {
    const { [name]: _, ...rest } = parameters.value;
    parameters.value = value === undefined ? rest : { ...rest, [name]: value };
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const wrapped = wrapper.value !== "" && chosen !== undefined;
    const request: DenoiseRequest = {
      kind: "denoise",
      image: image.id,
      method: wrapped ? `${wrapper.value}+${method.value}` : method.value,
      parameters: parameters.value,
      ...(sigma.value === undefined ? {} : { sigma: sigma.value }),
      ...(strength.value === 1 ? {} : { strength: strength.value }),
      ...(keep.value === undefined ? {} : { keep: keep.value }),
    };
    void state.attempt(async () => void (await state.backend.start(request)));
  };
  return (
    <form class="panel" onSubmit={submit} aria-labelledby="denoise-title">
      <h2 id="denoise-title">Denoise</h2>
      <div class="field">
        <label>
          <span>method</span>
          <select
            value={method.value}
            onChange={(event) => {
              method.value = event.currentTarget.value;
              parameters.value = {};
            }}
          >
            <option value="auto">Chosen by the image</option>
            {families(methods).map(([family, members]) => (
              <optgroup key={family} label={family}>
                {members.map(({ name, title }) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <p class="hint">{chosen === undefined ? autoHint : chosen.summary}</p>
        <Estimate image={image} method={chosen} />
      </div>
      <NumberField
        label="keep lesions, mm"
        hint="Diameter of the lesion that must survive; larger is smoother, 0 is the method alone."
        empty={chosen === undefined ? "by modality" : "0"}
        value={keep}
        max={200}
      />
      <details>
        <summary>More</summary>
        <NumberField
          label="noise level"
          hint="Standard deviation in the image's unit; speckle methods take it over the mean."
          empty="estimated"
          value={sigma}
        />
        <div class="field">
          <label>
            <span>strength</span>
            <input
              type="range"
              min="0"
              max="1"
              step="0.05"
              value={strength.value}
              onInput={(event) => void (strength.value = event.currentTarget.valueAsNumber)}
            />
            <output>{Math.round(100 * strength.value)} %</output>
          </label>
          <p class="hint">Share of the denoised image in the result.</p>
        </div>
        {chosen !== undefined && (
          <div class="field">
            <label>
              <span>noise is</span>
              <select
                value={wrapper.value}
                onChange={(event) => void (wrapper.value = event.currentTarget.value)}
              >
                {wrappers.map(({ name, title }) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
              </select>
            </label>
            <p class="hint">Puts the method inside of a transform for another kind of noise.</p>
          </div>
        )}
        {Object.entries(chosen?.parameters ?? {}).map(([name, parameter]) => (
          <ParameterField
            key={`${method.value} ${name}`}
            name={name}
            parameter={parameter}
            value={parameters.value[name]}
            onChange={(value) => set(name, value)}
          />
        ))}
      </details>
      <button type="submit" class="primary wide">
        Denoise
      </button>
    </form>
  );
}

const autoHint =
  "By modality, unit, noise level, its correlation and the pixel spacing; the result says which and why.";

function families(methods: readonly MethodDocument[]): [string, MethodDocument[]][] {
  const names = [...new Set(methods.map(({ family }) => family))];
  return names.map((family) => [family, methods.filter((one) => one.family === family)]);
}

function Estimate({
  image,
  method,
}: {
  readonly image: ImageDocument;
  readonly method: MethodDocument | undefined;
}) {
  if (method?.seconds === undefined) return null;
  const seconds = (method.seconds * image.rows * image.columns * image.planes) / 1e6;
  return <p class="hint">About {secondsText(Math.max(0.1, seconds))} on one core.</p>;
}

interface NumberFieldProps {
  readonly label: string;
  readonly hint: string;
  /** What holds where nothing is entered. */
  readonly empty: string;
  readonly value: { value: number | undefined };
  readonly max?: number;
}

function NumberField({ label, hint, empty, value, max }: NumberFieldProps) {
  const id = `hint-${label.replaceAll(" ", "-")}`;
  return (
    <div class="field">
      <label>
        <span>{label}</span>
        <input
          type="number"
          min="0"
          {...(max === undefined ? {} : { max })}
          step="any"
          placeholder={empty}
          aria-describedby={id}
          value={value.value ?? ""}
          onInput={(event) => {
            const number = event.currentTarget.valueAsNumber;
            value.value = Number.isNaN(number) ? undefined : number;
          }}
        />
      </label>
      <p class="hint" id={id}>
        {hint}
      </p>
    </div>
  );
}
