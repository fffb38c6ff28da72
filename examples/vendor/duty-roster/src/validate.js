// Checks a tenant's configuration before it is accepted.

const known = {
  'handover-minutes': (value) =>
    Number.isInteger(value) && 0 <= value && value <= 120
      ? undefined
      : '`handover-minutes` has to be a whole number from 0 to 120',
  'drills-open': (value) =>
    typeof value === 'boolean' ? undefined : '`drills-open` has to be true or false',
};

/** The faults of a configuration, a JSON object; none accepts it. */
export function validate(config) {
  const settings = parse(config);
  if (settings === undefined) {
    return [{ pointer: '', message: 'the configuration has to be an object' }];
  }
  return Object.entries(settings).flatMap(([name, value]) => {
    const message = Object.hasOwn(known, name)
      ? known[name](value)
      : `\`${name}\` is not known; write \`handover-minutes\` or \`drills-open\``;
    return message === undefined ? [] : [{ pointer: pointer(name), message }];
  });
}

function parse(config) {
  if (config === '') return {};
  try {
    const value = JSON.parse(config);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** JSON Pointer to a member of the document. */
function pointer(name) {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
