import type { Source } from "./imports.mjs";

export const FLOORS: readonly (readonly string[])[];
export function roomOf(path: string): string;
export function floorOf(room: string): number | undefined;
export function circlesOf(sources: readonly Source[]): string[][];
export function countFloors(sources: readonly Source[]): number;
