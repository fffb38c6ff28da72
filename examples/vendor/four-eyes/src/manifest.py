"""What the family is asked about, reads and answers with."""

import json

from wit_world.exports.family import InputSpec, Manifest, ObligationSpec, ReasonSpec, ValueKind

# What counts where a tenant sets nothing.
DEFAULT_SECOND_FROM = 100_000
DEFAULT_LARGE_FROM = 1_000_000

CONFIG_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Four eyes",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "second-from": {
            "title": "The amount from which two people approve",
            "description": "In the smallest unit of the currency. Refunds always need two.",
            "type": "integer",
            "minimum": 0,
            "default": DEFAULT_SECOND_FROM,
        },
        "large-from": {
            "title": "The amount from which an approver needs the right to approve large ones",
            "description": "In the smallest unit of the currency, at least `second-from`.",
            "type": "integer",
            "minimum": 0,
            "default": DEFAULT_LARGE_FROM,
        },
    },
}

MANIFEST = Manifest(
    id="four-eyes",
    version="1.0.0",
    title="Four eyes: nobody approves alone what another has to see as well",
    permissions=["payment.view", "payment.approve", "payment.release"],
    kinds=["payment", "refund"],
    inputs=[
        InputSpec("subject.id", ValueKind.TEXT),
        InputSpec("resource.requester", ValueKind.TEXTS),
        InputSpec("resource.amount", ValueKind.INTEGER),
        # Who approved it already.
        InputSpec("resource.approvals", ValueKind.TEXTS),
        InputSpec("config.second-from", ValueKind.INTEGER),
        InputSpec("config.large-from", ValueKind.INTEGER),
    ],
    reasons=[
        ReasonSpec("unknown-people", "Who requested this, or who asks, is not known."),
        ReasonSpec("unknown-amount", "The amount is not known."),
        ReasonSpec("unknown-approvals", "Who approved this already is not known."),
        ReasonSpec("own-request", "Nobody approves or releases what they requested themselves."),
        ReasonSpec("already-approved", "You approved this already; another person has to."),
        ReasonSpec("approvals-missing", "Not enough people have approved this yet."),
        ReasonSpec("requester-sees", "Whoever requested a payment sees it."),
    ],
    # The caller keeps the payment back until another person has approved it.
    obligations=[ObligationSpec("await-second", ["release"])],
    requires=["payment.approve_large"],
    floors=["payment.view"],
    config_schema=json.dumps(CONFIG_SCHEMA),
)
