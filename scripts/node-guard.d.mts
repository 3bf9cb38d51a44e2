export function guardNode(global: { readonly process?: unknown; readonly document?: unknown }): void;
export const commandGuard: string;
