"""Reads documents as Synapse does: a line of JSON in (the text), a line of JSON out (what PyYAML makes of it)."""

import datetime
import json
import math
import sys

import yaml


def plain(value):
    if isinstance(value, dict):
        return {key if isinstance(key, str) else "(" + json.dumps(plain(key)) + ")": plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"$yaml": "timestamp"}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$yaml": "float"}
    if isinstance(value, (bytes, set)):
        return {"$yaml": type(value).__name__}
    return value


for line in sys.stdin:
    try:
        answer = {"value": plain(yaml.safe_load(json.loads(line)))}
    except (yaml.YAMLError, ValueError) as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
