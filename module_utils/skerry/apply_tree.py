"""The host's half of the tree plugin: compare, check, write and activate, as a task's result."""

from __future__ import annotations

from typing import Any

from . import units
from .activation import Activation, ActivationError
from .differences import Difference
from .host import Call
from .hosttree import HostTree, TreeError
from .payload import unpack
from .redaction import Redactor


def run(call: Call) -> dict[str, Any]:
    """Apply the tree of `call`; secrets are taken out of every text that is returned."""
    entries = unpack(call.options["parcel"])
    redact = Redactor(entry.content for entry in entries if entry.secret)
    tree, activation = HostTree(call.options["dest"]), Activation()
    backups: list[str] = []
    try:
        changes = tree.compare(entries)
        paths = [change.entry.path for change in changes]
        owed = activation.owed(entry.activate for entry in entries)
        commands = list(dict.fromkeys(owed + [change.entry.activate for change in changes if change.entry.activate]))
        reload = units.concern_systemd(paths)
        if not call.check:
            tree.check(changes)
            activation.promise(commands)
            backups = tree.apply(changes)
            if reload:
                units.reload()
            activation.fulfil(commands)
        wrong = [unit for unit in units.read(call.options["units"]) if unit.difference()]
        if not call.check:
            units.ensure(wrong)
    except (TreeError, ActivationError, units.UnitError, OSError) as error:
        return {"failed": True, "msg": redact(str(error))}
    differences = [change.difference for change in changes] + [unit.difference() for unit in wrong]
    differences += [Difference(f"`{command}`", notes=["is due from an interrupted run"]) for command in owed]
    names = [unit.name for unit in wrong]
    result: dict[str, Any] = {"changed": bool(differences), "paths": paths, "activated": commands, "units": names}
    if backups:
        result["backups"] = backups
    if call.diff:
        result["diff"] = [{key: redact(text) for key, text in item.as_diff().items()} for item in differences if item]
    return result
