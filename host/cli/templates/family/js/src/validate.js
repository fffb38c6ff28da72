// Checks a tenant's configuration before it is accepted, to tell an admin early what is wrong
// with it and what to write instead. The rules need not rely on it.

/** The faults of a configuration, a JSON object; none accepts it. */
export function validate(config) {
  const faults = [];
  const fault = (pointer, message) => faults.push({ pointer, message });

  const settings = parse(config);
  if (settings === undefined) {
    fault('', 'the configuration has to be an object');
    return faults;
  }
  for (const [name, value] of Object.entries(settings)) {
    if (name !== 'withheld-labels') {
      fault(pointer(name), `\`${name}\` is not known; write \`withheld-labels\``);
    } else if (!Array.isArray(value) || !value.every((label) => typeof label === 'string')) {
      fault(pointer(name), '`withheld-labels` has to be a list of texts');
    } else if (value.some((label) => label.trim() === '')) {
      fault(pointer(name), 'a label is empty; remove it');
    }
  }
  return faults;
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
