export interface Guard {
  /** What the checker says without it, as a pattern. */
  readonly finds: string;
  readonly missing?: string;
  readonly changes?: readonly { readonly file: string; readonly replace: string; readonly by: string }[];
}

export declare const GUARDS: Readonly<Record<string, Guard>>;
