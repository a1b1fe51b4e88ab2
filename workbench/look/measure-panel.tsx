/** Figures of a region before and after, and values along a line. */
import { useComputed } from "@preact/signals";
import { lazy, Suspense } from "preact/compat";
import { shortText, unitText } from "../parts/text.ts";
import type { Line, Region } from "../state/view.ts";
import { type ImagePair, useWorkbench } from "../state/workbench-state.ts";
import { lookingOf } from "../viewer/looking.ts";
import { regionFigures, within } from "./measure-region.ts";

const ProfileChart = lazy(async () => (await import("./profile-chart.tsx")).ProfileChart);

export function MeasurePanel({ pair }: { readonly pair: ImagePair }) {
  const state = useWorkbench();
  const { region, line } = state.view.value;
  const middle = { x: Math.floor(pair.before.columns / 2), y: Math.floor(pair.before.rows / 2) };
  return (
    <section class="panel" aria-labelledby="measure-title">
      <h2 id="measure-title">Measure</h2>
      {region === undefined && line === undefined && (
        <p class="hint">Choose Region or Line above and drag on the image, or begin here.</p>
      )}
      <div class="buttons">
        <button
          type="button"
          onClick={() => {
            const next = { x: middle.x - 16, y: middle.y - 16, width: 32, height: 32 };
            state.look({ region: region === undefined ? next : undefined });
          }}
        >
          {region === undefined ? "Add region" : "Remove region"}
        </button>
        <button
          type="button"
          onClick={() => {
            const { columns } = pair.before;
            const next: Line = { from: [0, middle.y], to: [columns - 1, middle.y] };
            state.look({ line: line === undefined ? next : undefined });
          }}
        >
          {line === undefined ? "Add line" : "Remove line"}
        </button>
      </div>
      {region !== undefined && <RegionTable pair={pair} region={region} />}
      {line !== undefined && <LineFields pair={pair} line={line} />}
    </section>
  );
}

function Numbers({
  names,
  values,
  onChange,
}: {
  readonly names: readonly string[];
  readonly values: readonly number[];
  readonly onChange: (values: readonly number[]) => void;
}) {
  return (
    <div class="numbers">
      {names.map((name, i) => (
        <label key={name}>
          <span>{name}</span>
          <input
            type="number"
            step="1"
            value={values[i]}
            onChange={(event) => {
              const value = event.currentTarget.valueAsNumber;
              if (Number.isFinite(value)) {
                onChange(values.map((old, k) => (k === i ? Math.round(value) : old)));
              }
            }}
          />
        </label>
      ))}
    </div>
  );
}

function usePlanes(pair: ImagePair) {
  const state = useWorkbench();
  const { plane } = lookingOf(pair, state.view.value);
  const before = state.planes.get(pair.before, plane);
  const after = pair.after && state.planes.get(pair.after, plane);
  return { before, after };
}

function RegionTable({ pair, region }: { readonly pair: ImagePair; readonly region: Region }) {
  const state = useWorkbench();
  const { before, after } = usePlanes(pair);
  const unit = unitText(pair.before);
  const inside = within(region, pair.before);
  const columns = [before, after].flatMap((plane) =>
    plane === undefined ? [] : [regionFigures(plane, inside)],
  );
  const rows = [
    ["mean", "mean"],
    ["standard deviation", "deviation"],
    ["least", "min"],
    ["largest", "max"],
  ] as const;
  return (
    <>
      <Numbers
        names={["column", "row", "width", "height"]}
        values={[inside.x, inside.y, inside.width, inside.height]}
        onChange={([x = 0, y = 0, width = 1, height = 1]) =>
          state.look({ region: { x, y, width: Math.max(1, width), height: Math.max(1, height) } })
        }
      />
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">
              {inside.width * inside.height} pixels{unit === "" ? "" : `, in${unit}`}
            </th>
            <th scope="col">{after === undefined ? "value" : "before"}</th>
            {after !== undefined && <th scope="col">after</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map(([title, key]) => (
            <tr key={key}>
              <th scope="row">{title}</th>
              {columns.map((figures, i) => (
                <td key={i}>{shortText(figures[key], 4)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function LineFields({ pair, line }: { readonly pair: ImagePair; readonly line: Line }) {
  const state = useWorkbench();
  const { before, after } = usePlanes(pair);
  const theme = useComputed(() => state.theme.value);
  const { spacing, spacingKnown } = pair.before;
  return (
    <>
      <Numbers
        names={["column", "row", "to column", "to row"]}
        values={[...line.from, ...line.to]}
        onChange={([a = 0, b = 0, c = 0, d = 0]) =>
          state.look({ line: { from: [a, b], to: [c, d] } })
        }
      />
      {before !== undefined && (
        <Suspense fallback={null}>
          <ProfileChart
            planes={after === undefined ? [before] : [before, after]}
            line={line}
            pitch={spacingKnown ? { x: spacing[2], y: spacing[1] } : undefined}
            theme={theme.value}
          />
        </Suspense>
      )}
    </>
  );
}
