#!/opt/synapse/bin/python
"""Starts Synapse as the official image does, as far as the lab relies on it: root becomes UID:GID (default 991:991),
the config is SYNAPSE_CONFIG_PATH, or homeserver.yaml in SYNAPSE_CONFIG_DIR (default /data)."""

import os
import sys


def become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


if os.getuid() == 0:
    become(int(os.environ.get("UID", "991")), int(os.environ.get("GID", "991")))

folder = os.environ.get("SYNAPSE_CONFIG_DIR", "/data")
config = os.environ.get("SYNAPSE_CONFIG_PATH", folder + "/homeserver.yaml")
if not os.path.exists(config):
    sys.exit(f"{config} does not exist")

module = os.environ.get("SYNAPSE_WORKER", "synapse.app.homeserver")
os.execv(sys.executable, [sys.executable, "-m", module, "--config-path", config])
