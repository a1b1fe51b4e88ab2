/** Values along a line, before and after. */
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Line } from "../state/view.ts";
import type { Plane } from "../viewer/plane-store.ts";
import { profileOf } from "./measure-region.ts";

interface ProfileChartProps {
  readonly planes: readonly Plane[];
  readonly line: Line;
  /** Width and height of a pixel in mm, where they are known. */
  readonly pitch: { readonly x: number; readonly y: number } | undefined;
  readonly theme: string;
}

export function ProfileChart({ planes, line, pitch, theme }: ProfileChartProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current!;
    const colour = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
    const profiles = planes.map((plane) => profileOf(plane, line, pitch ? pitch.y / pitch.x : 1));
    const step = pitch?.x ?? 1;
    const axis = {
      stroke: colour("--faint"),
      grid: { stroke: colour("--line") },
      font: "11px system-ui",
    };
    const labels = profiles.length > 1 ? ["before", "after"] : ["value"];
    const strokes = [colour("--faint"), colour("--accent")];
    const chart = new UPlot(
      {
        width: element.clientWidth,
        height: 150,
        scales: { x: { time: false } },
        axes: [
          { ...axis, size: 26 },
          { ...axis, size: 46 },
        ],
        legend: { live: false },
        cursor: { show: false },
        series: [
          { label: pitch === undefined ? "px" : "mm" },
          ...labels.map((label, i) => ({
            label,
            stroke: strokes[profiles.length > 1 ? i : 1]!,
            width: 1.25,
          })),
        ],
      },
      [
        profiles[0]!.at.map((at) => at * step),
        ...profiles.map(({ values }) => [...values]),
      ] as UPlot.AlignedData,
      element,
    );
    return () => chart.destroy();
  }, [planes.map(({ key }) => key).join(), line, theme]);
  return <div ref={box} class="chart" role="img" aria-label="Values along the line" />;
}
