"""What a container sees: binds what it is told below a folder of its own, in a mount namespace of its own (`unshare --mount`),
as Docker does it (recursively, outer targets first). Then answers each path that comes, a line each, with device and inode,
or `none`.
Arguments: the folder, and a JSON list of [source, target]; an empty source is a tmpfs."""
import json, os, subprocess, sys

root, mounts = sys.argv[1], json.loads(sys.argv[2])
subprocess.run(["mount", "-t", "tmpfs", "none", root], check=True)
for source, target in sorted(mounts, key=lambda one: os.path.normpath(one[1]).count("/")):
    at = root + os.path.normpath(target)
    if source == "" or os.path.isdir(source):
        os.makedirs(at, exist_ok=True)
    elif not os.path.exists(at):
        os.makedirs(os.path.dirname(at), exist_ok=True)
        open(at, "w").close()
    subprocess.run(["mount", "-t", "tmpfs", "none", at] if source == "" else ["mount", "--rbind", source, at], check=True)
print("ready", flush=True)
for line in sys.stdin:
    try:
        facts = os.stat(root + line.rstrip("\n"))
        print(f"{facts.st_dev}:{facts.st_ino}", flush=True)
    except OSError:
        print("none", flush=True)
