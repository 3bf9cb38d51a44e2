/** Builds the Angular app as `ng build` does: `node build-angular.mjs DIRECTORY OPTIONS`. The command itself would bring much more. */
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [, , directory = "", options = "{}"] = process.argv;
const root = resolve(directory);
process.chdir(root);
const require = createRequire(join(root, "angular.json"));
const { Architect } = require("@angular-devkit/architect");
const { WorkspaceNodeModulesArchitectHost } = require("@angular-devkit/architect/node");
const { logging, schema, workspaces } = require("@angular-devkit/core");
const { NodeJsSyncHost } = require("@angular-devkit/core/node");

const registry = new schema.CoreSchemaRegistry();
registry.addPostTransform(schema.transforms.addUndefinedDefaults);
const files = workspaces.createWorkspaceHost(new NodeJsSyncHost());
const { workspace } = await workspaces.readWorkspace(join(root, "angular.json"), files);
const architect = new Architect(new WorkspaceNodeModulesArchitectHost(workspace, root), registry);
const logger = new logging.Logger("build");
logger.subscribe(({ message }) => console.log(message));
const build = await architect.scheduleTarget({ project: "app", target: "build" }, JSON.parse(options), { logger });
const { success, error } = await build.lastOutput;
await build.stop();
if (error) console.error(error);
process.exit(success ? 0 : 1);
