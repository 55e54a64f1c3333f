#!/usr/bin/python
"""The host's half of the stack plugin; the action plugin of the same name renders and calls it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: stack
short_description: Apply a directory of templates as a Docker Swarm stack, safely
description:
  - Renders a directory that holds C(stack.yml.j2) and the files it refers to, and makes the Swarm run just that.
  - Compares with the files on the host and with the service specs of the engine, so that a change made by hand shows as
    drift and is mended. Where nothing differs, nothing is touched.
  - A C(configs) or C(secrets) entry whose C(file) is one of the rendered files gets the hash of its content in its
    Swarm name, so a changed file restarts just the services that use it. Superseded ones are pruned.
  - Waits until each service runs the wanted version on all replicas and is healthy. If one does not, what ran before is
    put back and the task fails with the reason, the exit code and the last log lines. A first deployment that fails is
    removed.
  - An interrupted run converges when it is run again.
options:
  name:
    description: Name of the stack.
    type: str
    required: true
  src:
    description:
      - Directory under the role's C(templates/), or an absolute path. Files that end in C(.j2) are rendered and lose
        the suffix, all others are copied.
      - Files below C(secrets/) are readable only by root, and never shown.
    type: str
    default: stack
  files:
    description: Further files, as path under the stack directory and content; with the same rules as the rendered ones.
    type: dict
    default: {}
  timeout:
    description: Seconds that the services have to become healthy.
    type: int
    default: 180
  base:
    description: Directory on the host that keeps the stacks' releases.
    type: path
    default: /opt/skerry/stacks
attributes:
  check_mode:
    support: full
    description: Compares with the disk and the engine, and changes nothing.
  diff_mode:
    support: full
    description: Shows changed texts, drift in words, and of a secret only that it changed.
author: [Skerry]
"""

EXAMPLES = r"""
- name: Deploy the data stack
  stack:
    name: mariadb
    timeout: 300
  register: __mariadb_stack

- name: Deploy an app whose secrets are data, not templates
  stack:
    name: console
    files:
      secrets/database_url: "{{ vault_database_url }}"
"""

RETURN = r"""
verdict:
  description: C(unchanged), C(deployed), C(rolled back) (what ran before runs again) or C(failed); in check mode
    C(would deploy) where something differs.
  returned: always
  type: str
services:
  description: Image, desired and running tasks of each service, by its name in the stack file.
  returned: success
  type: dict
  sample: {mariadb: {image: "mariadb:11.8", desired: 1, running: 1}}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.skerry.deployment import Deployment, DeploymentError, Request
from ansible.module_utils.skerry.dialect import adapt
from ansible.module_utils.skerry.engine import Engine, EngineAbsentError, EngineError
from ansible.module_utils.skerry.lock import LockedError
from ansible.module_utils.skerry.payload import unpack
from ansible.module_utils.skerry.redaction import Redactor
from ansible.module_utils.skerry.releases import Releases


def main() -> None:
    """Run one deployment and report it."""
    module = AnsibleModule(
        argument_spec={  # what the action plugin makes of the task's options
            "name": {"type": "str", "required": True},
            "timeout": {"type": "int", "default": 180},
            "base": {"type": "path", "default": "/opt/skerry/stacks"},
            "images": {"type": "dict", "default": {}},
            "controller": {"type": "str", "default": ""},
            "insist": {"type": "bool", "default": False},
            "parcel": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    options = module.params
    engine = Engine()
    entries = adapt(unpack(options["parcel"]), engine)
    releases = Releases(options["base"], options["name"])
    redact = Redactor([*(entry.content for entry in entries if entry.secret), *releases.secrets()])
    request = Request(
        stack=options["name"],
        entries=entries,
        images=options["images"],
        timeout=options["timeout"],
        check=module.check_mode,
        controller=options["controller"],
        insist=options["insist"],
    )
    deployment = Deployment(request, releases, engine)
    try:
        report = deployment.run()
    except DeploymentError as error:
        module.fail_json(msg=redact(f"Stack {request.stack}: {error.verdict}.\n{error}"), verdict=error.verdict)
    except LockedError as error:
        module.fail_json(
            msg=f"Stack {request.stack} is being deployed by {error}. Wait until that ends, then run again.",
            verdict="failed",
            locked_by=error.controller,
        )
    except (EngineError, EngineAbsentError) as error:
        module.fail_json(msg=redact(f"Stack {request.stack}: {error}"), verdict="failed")
    for warning in report.warnings:
        module.warn(redact(warning))
    result = {"changed": report.changed, "verdict": report.verdict, "services": report.services}
    if module._diff:
        result["diff"] = [
            {key: redact(text) for key, text in difference.as_diff().items()} for difference in report.comparison.all()
        ]
    module.exit_json(**result)


if __name__ == "__main__":
    main()
