"""What the family is asked about, reads and answers with. A host reads it once, by `describe`,
and from then on both sides speak in positions of these lists.
"""

import json

from wit_world.exports.family import InputSpec, Manifest, ObligationSpec, ReasonSpec, ValueKind

# JSON Schema of a tenant's configuration, for forms and editors.
CONFIG_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "{{pascal}}",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "withheld-labels": {
            "title": "Labels of documents that only their owners see",
            "description": "A document of which the label is not known counts as one of them.",
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "default": [],
        },
    },
}

MANIFEST = Manifest(
    id="{{name}}",
    # Every release needs a new one.
    version="0.1.0",
    title="Documents: drafts and labels",
    # What the family can be asked about: permissions of your product's catalog.
    permissions=["doc.view", "doc.share"],
    # The resource kinds that the rules tell apart. Others arrive as `None`.
    kinds=[],
    # What the rules read, and nothing else is ever sent. Declare no more than they read: answers
    # are kept under these values.
    inputs=[
        InputSpec("subject.id", ValueKind.TEXT),
        InputSpec("resource.owner", ValueKind.TEXTS),
        InputSpec("resource.published", ValueKind.BOOLEAN),
        InputSpec("resource.label", ValueKind.TEXT),
        InputSpec("config.withheld-labels", ValueKind.TEXTS),
    ],
    # Why not: a code for programs, which stays, and a sentence for people.
    reasons=[
        ReasonSpec("draft", "The document is not published yet."),
        ReasonSpec("withheld", "Documents with this label are for their owners only."),
    ],
    # What callers do when they let someone pass.
    obligations=[ObligationSpec("watermark", ["pages"])],
    # The permissions that a rule demands besides the one asked about.
    requires=[],
    # The permissions for which a rule can lift a missing grant. Each tenant has to accept them.
    floors=[],
    config_schema=json.dumps(CONFIG_SCHEMA),
)
