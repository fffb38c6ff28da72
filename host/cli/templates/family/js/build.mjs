// Makes the component `dist/{{name}}.wasm` of the sources in `src/`.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const schema = JSON.parse(await readFile('config.schema.json', 'utf8'));

// What the manifest takes from other files, so that each is written once.
await mkdir('dist', { recursive: true });
await writeFile(
  'src/generated.js',
  '// Made by build.mjs of package.json and config.schema.json.\n' +
    `export const version = ${JSON.stringify(version)};\n` +
    `export const configSchema = ${JSON.stringify(JSON.stringify(schema))};\n`,
);

const { component } = await componentize({
  sourcePath: 'src/family.js',
  witPath: 'wit/family.wit',
  worldName: 'permission-family',
  // A family is a pure function. With all of these off, the component imports no `wasi:*`; a
  // host refuses one that does.
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await writeFile('dist/{{name}}.wasm', component);
