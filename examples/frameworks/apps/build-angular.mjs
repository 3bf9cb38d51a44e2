/** Builds the app in `angular` as `ng build` does: `node build-angular.mjs OPTIONS`. That command would bring much more along. */
import { fileURLToPath } from "node:url";
import { Architect } from "@angular-devkit/architect";
import { WorkspaceNodeModulesArchitectHost } from "@angular-devkit/architect/node/index.js";
import { logging, schema, workspaces } from "@angular-devkit/core";
import { NodeJsSyncHost } from "@angular-devkit/core/node/index.js";

const root = fileURLToPath(new URL("angular/", import.meta.url));
process.chdir(root);
const registry = new schema.CoreSchemaRegistry();
registry.addPostTransform(schema.transforms.addUndefinedDefaults);
const files = workspaces.createWorkspaceHost(new NodeJsSyncHost());
const { workspace } = await workspaces.readWorkspace(root, files);
const architect = new Architect(new WorkspaceNodeModulesArchitectHost(workspace, root), registry);
const logger = new logging.Logger("build");
logger.subscribe(({ message }) => console.log(message));
const options = JSON.parse(process.argv[2] ?? "{}");
const build = await architect.scheduleTarget({ project: "app", target: "build" }, options, { logger });
const { success, error } = await build.lastOutput;
await build.stop();
if (error) console.error(error);
process.exit(success ? 0 : 1);
