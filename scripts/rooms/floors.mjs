/**
 * The house: rooms on floors. A file imports from its own room and from lower floors, never from the side or from above.
 * A room is a folder of `src/`, or a file that lies there by itself.
 */

/** From below. A new room is added here in the commit that makes it. */
export const FLOORS = [
  ["errors", "token-set"],
  ["ports", "events", "load-part"],
  ["options", "settle", "clock"],
  ["session", "protocol"],
  ["client"],
  ["browser", "node"],
  ["cli", "electron", "testing"],
];

/** `src/errors.ts` is the room errors, `src/client/client.ts` lies in the room client. */
export const roomOf = (path) =>
  path
    .replace(/^src\//, "")
    .replace(/\.ts$/, "")
    .split("/")[0];

/** 1 is the lowest; undefined for a room that is not listed. */
export function floorOf(room) {
  const index = FLOORS.findIndex((rooms) => rooms.includes(room));
  return index === -1 ? undefined : index + 1;
}

/** The groups of nodes that reach each other, by Tarjan: each a circle if it has more than one. Gives them from below. */
export function components(nodes, neighboursOf) {
  const found = [];
  const state = new Map();
  const open = [];
  const visit = (node) => {
    const own = { index: state.size, lowest: state.size, isOpen: true };
    state.set(node, own);
    open.push(node);
    for (const next of neighboursOf(node)) {
      const other = state.get(next) ?? visit(next);
      if (other.isOpen) own.lowest = Math.min(own.lowest, other.lowest);
    }
    if (own.lowest === own.index) found.push(takeFrom(open, node, state));
    return own;
  };
  for (const node of nodes) if (!state.has(node)) visit(node);
  return found;
}

/** Takes the nodes from the end of the list, down to this one. */
function takeFrom(open, node, state) {
  const taken = open.splice(open.indexOf(node));
  for (const each of taken) state.get(each).isOpen = false;
  return taken;
}

/** Files that import each other in a circle, an import of a type and a late one too: `["src/a.ts", "src/b.ts"]`. */
export function circlesOf(sources) {
  const imported = new Map(sources.map(({ path, imports }) => [path, imports.map(({ file }) => file)]));
  const neighboursOf = (path) => imported.get(path).filter((file) => imported.has(file));
  return components(imported.keys(), neighboursOf)
    .filter((files) => files.length > 1)
    .map((files) => files.sort());
}

/** How many rooms stand on each other at most. Rooms that import each other in a circle have a floor each. */
export function countFloors(sources) {
  const imported = new Map();
  for (const { path, imports } of sources) {
    const rooms = imported.get(roomOf(path)) ?? new Set();
    for (const { file } of imports) if (file !== undefined) rooms.add(roomOf(file));
    imported.set(roomOf(path), rooms);
  }
  const neighboursOf = (room) => [...imported.get(room)].filter((other) => imported.has(other));
  const heights = new Map();
  for (const rooms of components(imported.keys(), neighboursOf)) {
    const below = rooms.flatMap(neighboursOf).map((room) => heights.get(room) ?? 0);
    for (const room of rooms) heights.set(room, Math.max(0, ...below) + rooms.length);
  }
  return Math.max(0, ...heights.values());
}
