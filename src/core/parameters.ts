/**
 * Parameters described as data, so that the command line, the pages and the documentation of a
 * denoiser, phantom or observer all come from one table.
 */
import { InputError } from "./errors.ts";
import { oneOf } from "./nearest-names.ts";

interface Described {
  /** One line: meaning, and effect of a larger value. */
  readonly about: string;
}

export interface NumberParameter extends Described {
  readonly type: "number" | "integer";
  /** Unit such as `px`, `mm`, `HU`, `σ` (multiples of the noise level) or `1`. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Absent when the default follows from the image or the noise level; `about` then says how. */
  readonly default?: number;
}

export interface ChoiceParameter extends Described {
  readonly type: "choice";
  readonly choices: readonly string[];
  readonly default: string;
}

export interface BooleanParameter extends Described {
  readonly type: "boolean";
  readonly default: boolean;
}

export type Parameter = NumberParameter | ChoiceParameter | BooleanParameter;
export type ParameterTable = Readonly<Record<string, Parameter>>;
export type ParameterValue = number | string | boolean;
export type ParameterValues = Readonly<Record<string, ParameterValue | undefined>>;

/** The value that a parameter's description allows; undefined where there may be none. */
type ValueOf<P extends Parameter> = P extends ChoiceParameter
  ? P["choices"][number]
  : P extends BooleanParameter
    ? boolean
    : P extends { readonly default: number }
      ? number
      : number | undefined;

/** Checked values of a table, by its own names: a misspelt one does not compile. */
export type ParameterValuesOf<T extends ParameterTable> = {
  readonly [K in keyof T]: ValueOf<T[K]>;
};

/** Of a table that is known when compiled, its values by name; of any other, anything that a parameter may be. */
type ResolvedValues<T extends ParameterTable> = string extends keyof T
  ? Record<string, ParameterValue>
  : ParameterValuesOf<T>;

/**
 * Values for every parameter that has one: given values checked against the table, defaults filled in.
 *
 * @throws InputError naming the parameter, what was found and what was wanted
 */
export function resolveParameters<const T extends ParameterTable>(
  owner: string,
  table: T,
  given: Readonly<Record<string, unknown>> = {},
): ResolvedValues<T> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) {
      const known = Object.keys(table);
      throw new InputError(
        `Cannot set parameter ${name} of ${owner}: found no such parameter, wanted ${known.length > 0 ? oneOf(name, known) : "none"}`,
      );
    }
  }
  const values: Record<string, ParameterValue> = {};
  for (const [name, parameter] of Object.entries(table)) {
    const value = given[name];
    if (value === undefined) {
      if (parameter.default !== undefined) values[name] = parameter.default;
      continue;
    }
    values[name] = checkParameter(owner, name, parameter, value);
  }
  // Each value was checked against the row of its name.
  return values as ResolvedValues<T>;
}

/**
 * The same for settings among other options, such as those of a workflow: names that the table does not have are left
 * to others.
 */
export function settingsOf<const T extends ParameterTable>(
  owner: string,
  table: T,
  options: object,
): ResolvedValues<T> {
  const own = Object.entries(options).filter(([name]) => Object.hasOwn(table, name));
  return resolveParameters(owner, table, Object.fromEntries(own));
}

function checkParameter(
  owner: string,
  name: string,
  parameter: Parameter,
  value: unknown,
): ParameterValue {
  const refuse = (wanted: string): never => {
    throw new InputError(
      `Cannot set parameter ${name} of ${owner}: found ${JSON.stringify(value) ?? String(value)}, wanted ${wanted}`,
    );
  };
  if (parameter.type === "choice") {
    return typeof value === "string" && parameter.choices.includes(value)
      ? value
      : refuse(oneOf(String(value), parameter.choices));
  }
  if (parameter.type === "boolean") {
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    return refuse("true or false");
  }
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const whole = parameter.type === "integer";
  const wanted = `a ${whole ? "whole number" : "number"} from ${parameter.min} to ${parameter.max} ${parameter.unit}`;
  if (typeof number !== "number" || !Number.isFinite(number)) return refuse(wanted);
  if (number < parameter.min || number > parameter.max) return refuse(wanted);
  if (whole && !Number.isInteger(number)) return refuse(wanted);
  return number;
}
