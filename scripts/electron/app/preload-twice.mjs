/** A preload script that gives the bridge twice, which Electron refuses the second time. */
import { contextBridge, ipcRenderer } from "electron";
import { exposeTokens } from "keystone-auth/electron/preload";

exposeTokens({ contextBridge, ipcRenderer });
exposeTokens({ contextBridge, ipcRenderer });
