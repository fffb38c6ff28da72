"""Checks a tenant's configuration before it is accepted, to tell an admin early what is wrong
with it and what to write instead. The rules need not rely on it.
"""

import json

from wit_world.exports.family import Diagnostic


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
        message = _fault(name, value)
        if message is not None:
            faults.append(Diagnostic(_pointer(name), message))
    return faults


def _fault(name, value):
    if name != "withheld-labels":
        return f"`{name}` is not known; write `withheld-labels`"
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        return "`withheld-labels` has to be a list of texts"
    if not all(label.strip() for label in value):
        return "a label is empty; remove it"
    return None


def _pointer(name):
    """JSON Pointer to a member of the document."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
