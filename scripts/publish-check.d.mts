/** A sentence for each gap. */
export function missingForPublishing(manifest: object, security: string): string[];
