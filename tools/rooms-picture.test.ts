import { expect, it } from "vitest";
import { isStale, type Room, roomsIn, roomsSvg } from "./rooms-picture.ts";

const rooms: Room[] = [
  { name: "core", line: 0, thousands: 1.3 },
  { name: "math", line: 1, thousands: 2.6 },
  { name: "cli", line: 10, thousands: 3.5 },
];

it("shows every room with its size, the highest line first", () => {
  const svg = roomsSvg(rooms);
  expect([...roomsIn(svg)]).toEqual([
    ["cli", 3.5],
    ["math", 2.6],
    ["core", 1.3],
  ]);
});

it("is stale with a room more, a room on another line, or a size that has moved far", () => {
  const svg = roomsSvg(rooms);
  expect(isStale(svg, rooms)).toBe(false);
  expect(isStale(svg, [...rooms, { name: "new", line: 3, thousands: 0.1 }])).toBe(true);
  expect(isStale(svg, rooms.slice(1))).toBe(true);
  expect(isStale(svg, [{ ...rooms[0]!, line: 2 }, ...rooms.slice(1)])).toBe(true);
  const sized = (thousands: number): Room[] => [{ ...rooms[0]!, thousands }, ...rooms.slice(1)];
  expect(isStale(svg, sized(1.5))).toBe(false);
  expect(isStale(svg, sized(1.9))).toBe(true);
});
