/** What samples span, for the card of the model. */
import type { TrainedOn } from "../../denoise/trained-on.ts";
import { rangesOf } from "../training-range.ts";
import type { Sample } from "./sample.ts";

/** More windows than these are percentiles of each image, which are no limits of the training. */
const most = 8;

/** Units, spacing and windows; windows that differ from sample to sample are left out. */
export function rangesOfSamples(
  samples: readonly Pick<Sample, "unit" | "spacing" | "windows" | "weight">[],
): Pick<TrainedOn, "units" | "spacing" | "windows"> {
  const { windows, ...ranges } = rangesOf(
    samples.map(({ unit, spacing, windows: own, weight }) => ({
      weight,
      about: {
        unit,
        ...(spacing === undefined ? {} : { spacing: spacing.slice(1) }),
        windows: own.map(({ low, high, weight: share }) => ({
          window: { unit, low, high },
          weight: share,
        })),
      },
    })),
  );
  return { ...ranges, windows: windows.length > most ? [] : windows };
}
