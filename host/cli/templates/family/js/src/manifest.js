// What the family is asked about, reads and answers with. A host reads it once, by `describe`,
// and from then on both sides speak in positions of these lists.

import { configSchema, version } from './generated.js';

export const manifest = {
  id: '{{name}}',
  version,
  title: 'Documents: drafts and labels',

  // What the family can be asked about: permissions of your product's catalog.
  permissions: ['doc.view', 'doc.share'],

  // The resource kinds that the rules tell apart. Others arrive as `undefined`.
  kinds: [],

  // What the rules read, and nothing else is ever sent. Declare no more than they read: answers
  // are kept under these values.
  inputs: [
    { path: 'subject.id', kind: 'text' },
    { path: 'resource.owner', kind: 'texts' },
    { path: 'resource.published', kind: 'boolean' },
    { path: 'resource.label', kind: 'text' },
    { path: 'config.withheld-labels', kind: 'texts' },
  ],

  // Why not: a code for programs, which stays, and a sentence for people.
  reasons: [
    { code: 'draft', text: 'The document is not published yet.' },
    { code: 'withheld', text: 'Documents with this label are for their owners only.' },
  ],

  // What callers do when they let someone pass.
  obligations: [{ code: 'watermark', values: ['pages'] }],

  // The permissions that a rule demands besides the one asked about.
  requires: [],

  // The permissions for which a rule can lift a missing grant. Each tenant has to accept them.
  floors: [],

  configSchema,
};
