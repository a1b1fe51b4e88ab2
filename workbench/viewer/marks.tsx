/** Labels of the panes, and the region and line that are measured, drawn over the images. */
import type { Line, Region, View } from "../state/view.ts";
import type { Looking } from "./looking.ts";
import type { LabelledPane } from "./panes.ts";
import { panePoint } from "./view-place.ts";

interface MarksProps {
  readonly panes: readonly LabelledPane[];
  readonly looking: Looking;
  readonly view: View;
}

export function Marks({ panes, looking, view: { region, line } }: MarksProps) {
  return (
    <svg class="marks" aria-hidden="true">
      {panes.map((pane) => (
        <g key={pane.label}>
          {region !== undefined && <RegionMark {...{ pane, looking, region }} />}
          {line !== undefined && <LineMark {...{ pane, looking, line }} />}
          {pane.label !== "" && (
            <text x={pane.left + (pane.clip?.left ?? 0) + 10} y={pane.top + 20}>
              {pane.label}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

interface InPane {
  readonly pane: LabelledPane;
  readonly looking: Looking;
}

function at({ pane, looking: { place, size } }: InPane, x: number, y: number) {
  const point = panePoint({ x, y }, { place, size, pane });
  return { x: point.x + pane.left, y: point.y + pane.top };
}

function RegionMark({ region, ...where }: InPane & { readonly region: Region }) {
  const from = at(where, region.x, region.y);
  const to = at(where, region.x + region.width, region.y + region.height);
  return <rect x={from.x} y={from.y} width={to.x - from.x} height={to.y - from.y} />;
}

function LineMark({ line, ...where }: InPane & { readonly line: Line }) {
  const from = at(where, line.from[0] + 0.5, line.from[1] + 0.5);
  const to = at(where, line.to[0] + 0.5, line.to[1] + 0.5);
  return <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} />;
}
