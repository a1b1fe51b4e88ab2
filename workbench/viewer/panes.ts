/** How the panes of a mode lie in the viewer. */
import type { Mode } from "../state/view.ts";
import type { Pane, Shown } from "./gl-panes.ts";
import type { PaneSize } from "./view-place.ts";

export interface LabelledPane extends Pane {
  readonly label: string;
}

const labels: Readonly<Record<Shown, string>> = {
  before: "before",
  after: "after",
  difference: "after − before",
};

/**
 * @param options.wipe share of the width that shows the image before
 * @param options.flick which of both shows now, while they flicker
 */
export function panesOf(
  mode: Mode | "single",
  size: PaneSize,
  { wipe, flick }: { readonly wipe: number; readonly flick: Shown },
): readonly LabelledPane[] {
  const row = (...shown: Shown[]): LabelledPane[] => {
    const gap = 2;
    const width = (size.width - gap * (shown.length - 1)) / shown.length;
    return shown.map((one, i) => ({
      left: i * (width + gap),
      top: 0,
      width,
      height: size.height,
      shown: one,
      label: labels[one],
    }));
  };
  switch (mode) {
    case "single":
      return row("before").map((pane) => ({ ...pane, label: "" }));
    case "one":
      return row("after");
    case "side":
      return row("before", "after");
    case "three":
      return row("before", "after", "difference");
    case "difference":
      return row("difference");
    case "flicker":
      return row(flick);
    case "wipe": {
      const [whole] = row("before");
      const at = size.width * wipe;
      return [
        { ...whole!, clip: { left: 0, width: at } },
        {
          ...whole!,
          shown: "after",
          label: labels.after,
          clip: { left: at, width: size.width - at },
        },
      ];
    }
  }
}
