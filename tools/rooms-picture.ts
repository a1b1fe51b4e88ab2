/**
 * Draws the rooms of src/ on their lines, with their size: docs/figures/rooms.svg, from tools/layers.ts and the sources.
 *
 *   npm run rooms-picture            # draws it anew
 *   npm run rooms-picture -- --check # fails when it is stale
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lines } from "./layers.ts";

/** A room with the thousands of lines of its sources, tests and generated files left out. */
export interface Room {
  readonly name: string;
  readonly line: number;
  readonly thousands: number;
}

const [width, left, rowHeight, boxHeight, gap] = [760, 56, 46, 32, 8] as const;
const font = 'font-family="DejaVu Sans, Verdana, sans-serif"';

/** The picture: a row for each line, the highest first; what stands lower is what a room may import. */
export function roomsSvg(rooms: readonly Room[]): string {
  const rows = [...new Set(rooms.map(({ line }) => line))].sort((a, b) => b - a);
  const height = rows.length * rowHeight + 58;
  const parts = rows.flatMap((line, row) => {
    const own = rooms.filter((room) => room.line === line);
    const y = 34 + row * rowHeight;
    const box = (width - left - 16 - gap * (own.length - 1)) / own.length;
    return [
      `<text x="16" y="${y + 21}" font-size="12" fill="#666">${line}</text>`,
      ...own.map(({ name, thousands }, i) => {
        const x = left + i * (box + gap);
        const shade = Math.min(0.42, 0.06 + thousands / 30).toFixed(2);
        return `<rect x="${x.toFixed(1)}" y="${y}" width="${box.toFixed(1)}" height="${boxHeight}" rx="4" fill="#2a6f97" fill-opacity="${shade}" stroke="#2a6f97"/><text x="${(x + box / 2).toFixed(1)}" y="${y + 20}" font-size="12" text-anchor="middle" fill="#111">${name}<tspan dx="5" fill="#555" font-size="10">${thousands.toFixed(1)}k</tspan></text>`;
      }),
    ];
  });
  const note = `Lines of code in thousands, tests and generated files left out. npm run rooms-picture`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${font}><rect width="${width}" height="${height}" fill="white"/><text x="16" y="20" font-size="12" fill="#111">A room may import those on lower lines, never sideways, never up.</text>${parts.join("")}<text x="16" y="${height - 12}" font-size="10" fill="#666">${note}</text></svg>\n`;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The rooms that exist, each counted to a tenth of a thousand, so that not every change makes the picture stale. */
export function roomsOf(source: string): Room[] {
  return Object.entries(lines)
    .filter(([name]) => existsSync(join(source, name)))
    .map(([name, line]) => {
      const files = readdirSync(join(source, name), { recursive: true, encoding: "utf8" }).filter(
        (file) =>
          file.endsWith(".ts") && !file.endsWith(".test.ts") && !/generated|catalogue/.test(file),
      );
      const total = files.reduce(
        (sum, file) => sum + readFileSync(join(source, name, file), "utf8").split("\n").length - 1,
        0,
      );
      return { name, line, thousands: Math.round(total / 100) / 10 };
    });
}

/** What a picture shows besides the sizes, which may lag a little: rooms with their lines. */
export function roomsIn(svg: string): Map<string, number> {
  const rooms = [...svg.matchAll(/fill="#111">([a-z]+)<tspan[^>]*>([\d.]+)k</g)];
  return new Map(rooms.map(([, name = "", size = ""]) => [name, Number(size)]));
}

/** Whether a picture is stale: other rooms, or one whose size has moved by more than a fifth and 200 lines. */
export function isStale(svg: string, rooms: readonly Room[]): boolean {
  const drawn = roomsIn(svg);
  const moved = ({ name, thousands }: Room): boolean => {
    const before = drawn.get(name);
    return before === undefined || Math.abs(thousands - before) > Math.max(0.2, 0.2 * before);
  };
  if (drawn.size !== rooms.length || rooms.some(moved)) return true;
  const same = rooms.map((room) => ({ ...room, thousands: drawn.get(room.name)! }));
  return roomsSvg(same) !== svg;
}

function main(): void {
  const place = join(root, "docs", "figures", "rooms.svg");
  const rooms = roomsOf(join(root, "src"));
  if (!process.argv.includes("--check")) {
    writeFileSync(place, roomsSvg(rooms));
    return;
  }
  const stale = !existsSync(place) || isStale(readFileSync(place, "utf8"), rooms);
  if (stale) console.error("Stale: docs/figures/rooms.svg; run npm run rooms-picture");
  process.exitCode = stale ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
