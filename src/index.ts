/** The front door: what users do, and the core that it speaks of. Rooms have entries of their own. */
export * from "./core/index.ts";
export * from "./workflows/index.ts";
