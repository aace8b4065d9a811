/**
 * A program for the Python of a Synapse: what its start would do with a homeserver.yaml, as far as that goes without its
 * database and without listening. Standard input is the candidate; arguments are the path that it stands for, and Synapse's
 * own `-c` arguments. Nothing is written: the candidate never is a file, and no folder is made.
 *
 * After the config come the main process's own conditions, the files that a start opens (log config, certificate), and the
 * modules, which register their callbacks with Synapse's own code: that is what refuses log-in callbacks beside MAS, and it
 * happens after `config read` (`synapse.app._base.start`, 1.136 to 1.163). All else that a module asks of its API gets a
 * stand-in. What a module throws by itself may be the stand-in's fault: it is told as not tried, and is no verdict.
 *
 * Prints one line of JSON. Exit code 0: tried; 1: refused, the reason being the last line of standard error; 97: this
 * Synapse cannot be tried so.
 */
export const startProbe = `import builtins, io, json, os, sys, traceback
from unittest.mock import MagicMock
candidate, target, argv = sys.stdin.read(), os.path.abspath(sys.argv[1]), sys.argv[2:]
def unfit(error):
    print(json.dumps({"unfit": type(error).__name__}))
    sys.exit(97)
try:
    import yaml
    from synapse.config import _base
    from synapse.config._base import ConfigError
    from synapse.config.homeserver import HomeServerConfig
    from synapse.module_api import ModuleApi
    from synapse.util.module_loader import load_module
except Exception as error:
    unfit(error)
seen = []
def opened(path, *args, **more):
    if os.path.abspath(path) == target:
        seen.append(path)
        return io.StringIO(candidate)
    return builtins.open(path, *args, **more)
_base.open = opened
_base.Config.ensure_directory = classmethod(lambda cls, path: os.path.abspath(path))
def refuse(error):
    reason = str(error).strip() or type(error).__name__
    print(json.dumps({"seen": bool(seen)}))
    sys.stderr.write("\\n" + (reason if isinstance(error, ConfigError) else type(error).__name__ + ": " + reason) + "\\n")
    sys.exit(1)
try:
    config = HomeServerConfig.load_config("matrix-auth", argv)
except Exception as error:
    if not seen:
        unfit(error)
    refuse(error)
if not seen or config is None:
    unfit(RuntimeError())
def delegated():
    for section, name in (("mas", "enabled"), ("experimental", "msc3861")):
        value = getattr(getattr(config, section, None), name, None)
        if getattr(value, "enabled", value) is True:
            return True
    return False
isDelegated = delegated()
class Api(ModuleApi):
    def __init__(self):
        pass
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("delegation_enabled"):
            return isDelegated
        stand_in = MagicMock(name=name)
        self.__dict__[name] = stand_in
        return stand_in
def own(error):
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and "/synapse/module_api/" in frames[-1].filename and isDelegated and "delegation" in str(error)
untried = []
try:
    worker = getattr(config, "worker", None)
    if getattr(worker, "worker_app", None):
        raise ConfigError("worker_app is set: this is no config of a main process", ("worker_app",))
    log_config = getattr(getattr(config, "logging", None), "log_config", None)
    if log_config:
        with builtins.open(log_config) as file:
            if not isinstance(yaml.safe_load(file), dict):
                raise ConfigError("the log config is none", ("log_config",))
    server = getattr(config, "server", None)
    for listener in getattr(server, "listeners", None) or []:
        for path, module in (getattr(getattr(listener, "http_options", None), "additional_resources", None) or {}).items():
            load_module(module, ("listeners", "additional_resources", str(path)))
    if server is not None and server.has_tls_listener():
        for path in (config.tls.tls_certificate_file, config.tls.tls_private_key_file):
            with builtins.open(path):
                pass
except Exception as error:
    refuse(error)
api = Api()
for module, settings in getattr(getattr(config, "modules", None), "loaded_modules", None) or []:
    name = getattr(module, "__module__", "") + "." + getattr(module, "__name__", str(module))
    try:
        module(settings, api)
    except Exception as error:
        if own(error):
            refuse(ConfigError(name + ": " + str(error), ("modules",)))
        untried.append(name)
print(json.dumps({"tried": True, "untried": untried}))
`
