"""Opens databases as Synapse does: a line of JSON in (homeserver.yaml, environment), a line of JSON out when it is over."""

import json
import os
import sys

import psycopg2
import yaml

print(json.dumps({"libpq": psycopg2.extensions.libpq_version()}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    os.environ.update(asked["environment"])
    try:
        # As in Synapse's `make_conn`.
        args = yaml.safe_load(asked["text"])["database"].get("args", {})
        psycopg2.connect(**{name: value for name, value in args.items() if not name.startswith("cp_")})
        answer = "connected"
    except psycopg2.OperationalError as error:
        answer = "turned away: " + str(error)
    except Exception as error:
        answer = "refused: " + type(error).__name__ + ": " + str(error)
    print(json.dumps({"answer": answer}), flush=True)
