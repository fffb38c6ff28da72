// Reading a question by the paths that the manifest declares.

/**
 * A function that gives the value at a declared path: `undefined` where it is absent (unknown),
 * `null` where it is null (known to be empty). Integers and instants are BigInts, a table is a
 * list of `{ key, values }`.
 *
 * The host sends the values by position and never one of another type than declared.
 */
export function reader(specs, inputs) {
  return (path) => {
    const position = specs.findIndex((spec) => spec.path === path);
    if (position < 0) throw new Error(`the manifest does not declare ${path}`);
    const input = inputs[position];
    if (input === undefined) return undefined;
    return input.tag === 'null' ? null : input.val;
  };
}
