/**
 * The first thing that the Node entry does, wherever it was loaded: says that it is not at home, before a TypeError does. It becomes text
 * at the top of a file of `dist/`, which has no class yet: the error has the marks of EnvironmentError.
 */
export function guardNode({ process, document }) {
  const version = process?.versions?.node;
  const [major, minor] = version?.split(".").map(Number) ?? [];
  // A Node 20 has what is asked for from 20.16 on. It is too old all the same: `require` of an ES module came with 20.19.
  if (process?.getBuiltinModule && !(major < 20 || (major === 20 && minor < 19))) return;
  const message =
    document !== undefined
      ? 'This is keystone-auth for Node, in a page. Import from "keystone-auth/browser", or have the bundler take the entries for browsers (Rollup: nodeResolve({ browser: true })).'
      : version !== undefined
        ? `keystone-auth needs Node 20.19, or 22.3 and later, and this is Node ${version}.`
        : 'This is keystone-auth for Node, and this runtime is not Node. Let the route run in Node (Next: export const runtime = "nodejs"); in a worker of a page import from "keystone-auth/browser".';
  // The name of the key is the name of the class.
  const { EnvironmentError } = { EnvironmentError: class extends Error {} };
  const marks = { name: "EnvironmentError", code: "environment", retryable: false, sessionKept: true };
  const error = Object.assign(new EnvironmentError(message), marks);
  Object.defineProperty(error, Symbol.for("keystone-auth.error"), { value: true });
  // Node prints the stack of what nobody has caught, and this one leads nowhere.
  error.stack = `EnvironmentError: ${message}`;
  throw error;
}

/** The same of the command, which nobody can catch: a line for a person, and the exit code of what was asked for wrongly. */
export const commandGuard = `try {
(${guardNode})(globalThis);
} catch ({ message }) {
  process.stderr.write(message + "\\n");
  process.exit(2);
}
`;
