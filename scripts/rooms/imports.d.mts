export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The file in the project, `src/errors.ts`; undefined for a package. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
  /** Loaded by a call, `import("...")`. */
  readonly late: boolean;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export function readSources(directory: string, options?: { prefix?: string; extension?: string }): Source[];
export function source(path: string, text: string): Source;
