/**
 * The front door: what users do, as one typed function each, and the core that they speak of.
 *
 * @module dprime
 */
export * from "./core/index.ts";
export * from "./workflows/index.ts";
