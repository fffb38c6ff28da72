"""Checks a tenant's configuration before it is accepted."""

import json

from manifest import DEFAULT_LARGE_FROM, DEFAULT_SECOND_FROM
from wit_world.exports.family import Diagnostic

# What the interface passes is a whole number of 64 bits.
MOST = 2**63 - 1


def validate(config):
    """The faults of a configuration, a JSON object; none accepts it."""
    try:
        settings = json.loads(config) if config else {}
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        return [Diagnostic("", "the configuration has to be an object")]

    faults = []
    for name, value in settings.items():
        if name not in ("second-from", "large-from"):
            message = f"`{name}` is not known; write `second-from` or `large-from`"
            faults.append(Diagnostic(_pointer(name), message))
        elif not _is_amount(value):
            message = f"`{name}` has to be a whole number, 0 or more"
            faults.append(Diagnostic(_pointer(name), message))
    if not faults:
        second = settings.get("second-from", DEFAULT_SECOND_FROM)
        large = settings.get("large-from", DEFAULT_LARGE_FROM)
        if large < second:
            message = f"`large-from` has to be at least `second-from`, which is {second}"
            faults.append(Diagnostic("/large-from", message))
    return faults


def _is_amount(value):
    # In Python, true and false are whole numbers as well.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def _pointer(name):
    """JSON Pointer to a member of the document."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
