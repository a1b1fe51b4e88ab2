/** A field of a form for one parameter of a method, made from the parameter's description. */
import type { Parameter, ParameterValue } from "../../src/core/parameters.ts";

export interface ParameterFieldProps {
  readonly name: string;
  readonly parameter: Parameter;
  readonly value: ParameterValue | undefined;
  readonly onChange: (value: ParameterValue | undefined) => void;
}

/** `searchRadius` as "search radius". */
const wordsOf = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

export function ParameterField(props: ParameterFieldProps) {
  const { name, parameter } = props;
  const about = `about-${name}`;
  return (
    <div class="field">
      <label>
        <span>
          {wordsOf(name)}
          {"unit" in parameter && parameter.unit !== "1" ? ` in ${parameter.unit}` : ""}
        </span>
        <Control {...props} about={about} />
      </label>
      <p class="hint" id={about}>
        {parameter.about}
      </p>
    </div>
  );
}

function Control({
  parameter,
  value,
  onChange,
  about,
}: ParameterFieldProps & { readonly about: string }) {
  switch (parameter.type) {
    case "boolean":
      return (
        <input
          type="checkbox"
          aria-describedby={about}
          checked={Boolean(value ?? parameter.default)}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <select
          aria-describedby={about}
          value={String(value ?? parameter.default)}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {parameter.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      );
    case "number":
    case "integer":
      return (
        <input
          type="number"
          aria-describedby={about}
          min={parameter.min}
          max={parameter.max}
          step={parameter.type === "integer" ? 1 : "any"}
          placeholder={
            parameter.default === undefined ? "from the image" : String(parameter.default)
          }
          value={value === undefined ? "" : String(value)}
          onInput={(event) => {
            const number = event.currentTarget.valueAsNumber;
            onChange(Number.isNaN(number) ? undefined : number);
          }}
        />
      );
  }
}
