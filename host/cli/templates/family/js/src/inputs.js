// Reading a question by the paths that the manifest declares, and the comparisons that rules
// are made of. There is nothing here to change.

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

/**
 * Whether a relation such as `resource.owner` names that subject. Nobody unknown and no empty
 * id is ever named.
 */
export function names(relation, id) {
  return Boolean(relation && id) && relation.includes(id);
}

/**
 * Whether two texts are the same word: `Pending Review`, `pending-review` and `pending_review`
 * are. For states and labels; compare ids as they are.
 */
export function sameWord(a, b) {
  return plain(a) === plain(b);
}

function plain(word) {
  // ASCII only, like every SDK of Permesso: a word means the same in each of them.
  return word
    .replace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, '')
    .replace(/[ -]/g, '_')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
