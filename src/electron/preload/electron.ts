/** Electron as a preload script has it: it is handed in, and no dependency. */

/** What is used of `electron` in a preload script. */
export interface ElectronForPreload {
  readonly contextBridge: { exposeInMainWorld(apiKey: string, api: unknown): void };
  readonly ipcRenderer: {
    invoke(channel: string, message: unknown): Promise<unknown>;
    on(channel: string, listener: (event: unknown, data: unknown) => void): unknown;
  };
}
