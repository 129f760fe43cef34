"""Checks a pack in a process that can import the verifying core, the standard library and `cryptography` alone, and reach no network."""

import runpy
import sys
from importlib.abc import MetaPathFinder


class Wall(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top in {"cryptography", "_cffi_backend", "cffi", "_openssl"}:
            return
        if top == "saksi" and (name.count(".") == 0 or name.split(".")[1] in {"model", "ledger", "actions"}):
            return
        raise ImportError("not allowed: " + name)


sys.meta_path.insert(0, Wall())


def deaf(event, args):
    if event.startswith("socket.") and event != "socket.gethostname":
        raise OSError("no network: " + event)


sys.addaudithook(deaf)

sys.argv = ["verify_pack", *sys.argv[1:]]
runpy.run_module("saksi.actions.verify_pack", run_name="__main__")
