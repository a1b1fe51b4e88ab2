/** Units of length and time as the headers of files spell them. */

const lengths: Readonly<Record<string, number>> = {
  nm: 1e-6,
  nanometer: 1e-6,
  nanometre: 1e-6,
  um: 1e-3,
  micron: 1e-3,
  micrometer: 1e-3,
  micrometre: 1e-3,
  mm: 1,
  millimeter: 1,
  millimetre: 1,
  cm: 10,
  centimeter: 10,
  centimetre: 10,
  dm: 100,
  decimeter: 100,
  decimetre: 100,
  m: 1000,
  meter: 1000,
  metre: 1000,
  km: 1e6,
  in: 25.4,
  inch: 25.4,
  inche: 25.4,
  '"': 25.4,
  angstrom: 1e-7,
  å: 1e-7,
  pm: 1e-9,
};

const times: Readonly<Record<string, number>> = {
  ns: 1e-9,
  nsec: 1e-9,
  nanosecond: 1e-9,
  us: 1e-6,
  usec: 1e-6,
  microsecond: 1e-6,
  ms: 1e-3,
  msec: 1e-3,
  millisecond: 1e-3,
  s: 1,
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  h: 3600,
  hr: 3600,
  hour: 3600,
};

/** One spelling for `µm`, `μm`, `\u00B5m`, `Microns` and the like. */
function plain(unit: string): string {
  const text = unit
    .trim()
    .replace(/\\u00b5/gi, "u")
    .replace(/[µμ]/g, "u")
    .toLowerCase();
  return text.length > 3 && text.endsWith("s") ? text.slice(0, -1) : text;
}

/** Millimetres of one unit of length; undefined for a word that is none, such as `pixel`. */
export function millimetresOf(unit: string): number | undefined {
  return lengths[plain(unit)];
}

/** Seconds of one unit of time; undefined for a word that is none, such as `Hz`. */
export function secondsOf(unit: string): number | undefined {
  return times[plain(unit)];
}

/** Whether a number can be a spacing or a time step. */
export function isPositive(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}
