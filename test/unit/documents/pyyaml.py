"""Reads documents as Synapse does: a line of JSON in (the text), a line of JSON out (what PyYAML makes of it)."""

import datetime
import json
import math
import sys

import yaml


def exact(value):
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def named(key):
    return int(key) if isinstance(key, float) and key.is_integer() else plain(key)


def plain(value):
    if isinstance(value, dict):
        return {key if isinstance(key, str) else "(" + json.dumps(named(key)) + ")": plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"$yaml": "timestamp"}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$yaml": "float"}
    if isinstance(value, (bytes, set)):
        return {"$yaml": type(value).__name__}
    if isinstance(value, int) and not exact(value):
        return {"$yaml": "int"}
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        return {"$yaml": "surrogate"}
    return value


for line in sys.stdin:
    try:
        answer = {"value": plain(yaml.safe_load(json.loads(line)))}
    except Exception as error:  # PyYAML lets ValueError, TypeError, RecursionError and others of its own faults out
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
