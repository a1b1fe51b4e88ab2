/** Exact values of the pixel under the pointer. */
import { unitText, valueText } from "../parts/text.ts";
import type { ImagePair } from "../state/workbench-state.ts";
import type { Plane } from "./plane-store.ts";
import type { Point } from "./pointer.ts";

interface ReadoutProps {
  readonly pair: ImagePair;
  readonly planes: { readonly before: Plane; readonly after: Plane | undefined } | undefined;
  readonly at: Point | undefined;
}

export function Readout({ pair, planes, at }: ReadoutProps) {
  const [column, row] = [Math.floor(at?.x ?? -1), Math.floor(at?.y ?? -1)];
  const { rows, columns } = pair.before;
  const inside = column >= 0 && row >= 0 && column < columns && row < rows;
  const unit = unitText(pair.before);
  const index = row * columns + column;
  const before = inside ? planes?.before.values[index] : undefined;
  const after = inside ? planes?.after?.values[index] : undefined;
  const both = before !== undefined && after !== undefined;
  return (
    <dl class="readout">
      <dt>column, row</dt>
      <dd>{inside ? `${column}, ${row}` : "–"}</dd>
      <dt>{pair.after === undefined ? "value" : "before"}</dt>
      <dd>
        {valueText(before)}
        {unit}
      </dd>
      {pair.after !== undefined && (
        <>
          <dt>after</dt>
          <dd>
            {valueText(after)}
            {unit}
          </dd>
          <dt>change</dt>
          <dd>
            {valueText(both ? Math.fround(after - before) : undefined)}
            {unit}
          </dd>
        </>
      )}
    </dl>
  );
}
