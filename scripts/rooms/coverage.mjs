/** Which sources ran, from V8's own counts. */

/** What V8 runs of a module when it is loaded: its text, and the static fields of its classes. */
const isLoading = ({ functionName, ranges }) =>
  functionName === "<static_initializer>" || (functionName === "" && ranges[0].startOffset === 0);

/**
 * @param {{ url: string, functions: object[] }[]} scripts as the profiler gives them
 * @param {(url: string) => string | undefined} toSource the path of the source that was compiled to it
 * @returns {{ files: string[], functions: number }} the sources of which a function was called
 */
export function whatRan(scripts, toSource) {
  const ran = scripts.map(({ url, functions }) => {
    const called = functions.filter((each) => !isLoading(each) && each.ranges[0].count > 0);
    return { file: toSource(url), count: called.length };
  });
  const ours = ran.filter(({ file, count }) => file !== undefined && count > 0);
  return {
    files: ours.map(({ file }) => String(file)).toSorted((a, b) => (a < b ? -1 : 1)),
    functions: ours.reduce((sum, { count }) => sum + count, 0),
  };
}
