/**
 * Loaded before an example: whoever imports `electron` gets these few parts of it, which keep what they are told. When the
 * app has quit, the report is one line on stdout.
 */
import { EventEmitter } from "node:events";
import * as module from "node:module";
import { dirname } from "node:path";

const report = { privileges: [], loaded: [], browsers: [], quits: [] };
const handlers = new Map();
const permission = {};

class Contents extends EventEmitter {
  setWindowOpenHandler(handler) {
    this.windowOpen = handler;
  }
}

const app = Object.assign(new EventEmitter(), {
  isReady: false,
  whenReady: async () => {
    app.isReady = true;
  },
  getAppPath: () => process.env.APP_PATH ?? dirname(process.argv[1]),
  exit: (code) => process.exit(code),
  // As Electron does it: whoever prevents a quit has to ask for another one.
  quit: () => {
    let isPrevented = false;
    app.emit("before-quit", { preventDefault: () => (isPrevented = true) });
    report.quits.push(isPrevented ? "prevented" : "done");
    if (!isPrevented) console.log(JSON.stringify(report));
  },
});

class BrowserWindow {
  constructor(options) {
    this.webContents = new Contents();
    report.webPreferences = options.webPreferences;
    app.emit("web-contents-created", {}, this.webContents);
  }

  async loadURL(url) {
    report.loaded.push(url);
    await describe(this.webContents, url);
    app.quit();
  }
}

async function describe(contents, url) {
  const get = async (address) => {
    const response = await handlers.get("app")({ url: address });
    return {
      status: response.status,
      csp: response.headers.get("content-security-policy"),
      text: await response.text(),
    };
  };
  report.page = await get(url);
  report.missing = (await get("app://bundle/../../package.json")).status;
  report.otherHost = (await get("app://other/index.html")).status;
  const scripts = [...report.page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
  const script = (await get("app://bundle/renderer.mjs")).text;
  scripts.push(...[...script.matchAll(/from "(\/[^"]+)"/g)].map(([, path]) => path));
  report.parts = Object.fromEntries(
    await Promise.all(scripts.map(async (path) => [path, (await get(`app://bundle${path}`)).status])),
  );
  report.left = ["https://evil.example/", "app://bundle.evil/", "file:///etc/passwd"].filter((address) => {
    let prevented = false;
    contents.emit("will-navigate", { preventDefault: () => (prevented = true) }, address);
    return !prevented;
  });
  report.windowOpen = contents.windowOpen({ url: "https://evil.example/" }).action;
  permission.request(contents, "media", (granted) => (report.granted = granted));
  report.checked = permission.check(contents, "media");
}

globalThis.electronStandIn = {
  app,
  BrowserWindow,
  ipcMain: {
    handle: (channel) => (report.channel = channel),
    removeHandler: () => {},
  },
  protocol: {
    registerSchemesAsPrivileged: (schemes) => {
      report.beforeReady = !app.isReady;
      report.privileges = schemes;
    },
    handle: (scheme, handler) => handlers.set(scheme, handler),
  },
  session: {
    defaultSession: {
      setPermissionRequestHandler: (handler) => (permission.request = handler),
      setPermissionCheckHandler: (handler) => (permission.check = handler),
    },
  },
  clipboard: {},
  dialog: {},
  shell: { openExternal: async (url) => void report.browsers.push(url) },
};

const names = Object.keys(globalThis.electronStandIn);
const source = names.map((name) => `export const ${name} = globalThis.electronStandIn.${name};`).join("\n");
const url = `data:text/javascript,${encodeURIComponent(source)}`;
if (module.registerHooks) {
  module.registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "electron" ? { url, shortCircuit: true } : next(specifier, context),
  });
} else {
  const hooks = `export async function resolve(specifier, context, next) {
    return specifier === "electron" ? { url: ${JSON.stringify(url)}, shortCircuit: true } : await next(specifier, context);
  }`;
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
