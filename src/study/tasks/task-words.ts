/** Words by which tasks describe their cases in reports. */
import type {
  CaseDescription,
  ImagingDescription,
  SignalDescription,
} from "../../cases/description.ts";
import type { Spread, Spreads } from "../../cases/spread.ts";

function spreadText(spread: Spread): string {
  if (typeof spread !== "object") return String(spread);
  if ("oneOf" in spread) return `one of ${spread.oneOf.map(String).join(", ")}`;
  return `${spread.from} to ${spread.to}${spread.scale === "log" ? " (log)" : ""}`;
}

const optionsText = (options: Spreads): string =>
  Object.entries(options)
    .map(([key, value]) => `${key} ${spreadText(value)}`)
    .join(", ");

/** `disk (radiusMm 2, amplitude 0.07)`. */
export function describedMember({ name, options }: ImagingDescription): string {
  const given = optionsText(options);
  return given === "" ? name : `${name} (${given})`;
}

export function describedSignal({ name, options, ...rest }: SignalDescription): string {
  const names = Array.isArray(name) ? name.join(" or ") : name;
  const where =
    rest.places !== undefined
      ? `, at one of ${rest.places.length} places`
      : rest.within !== undefined
        ? `, anywhere within ${rest.within.label}${rest.within.marginMm > 0 ? `, ${rest.within.marginMm} mm or more from its border` : ""}`
        : "";
  return `${describedMember({ name: names, options })}${where}`;
}

/** `Noise: gaussian (sigma 0.1).` or `Acquisition: …`. */
export function describedImaging({ noise, acquisition }: CaseDescription): string {
  if (acquisition !== undefined) return `Acquisition: ${describedMember(acquisition)}.`;
  return noise === undefined ? "" : `Noise: ${describedMember(noise)}.`;
}
