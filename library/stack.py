#!/usr/bin/python
"""What `ansible-doc -t module stack` shows; the work is in action_plugins/ and module_utils/skerry/apply_stack.py."""

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
  - With C(state=absent) the stack is taken away, and the task fails where anything of it is left.
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
  detour:
    description:
      - For a stack with a service that publishes ports of the host, so that two of its tasks cannot run at once. While
        it is replaced, a second one of what ran before takes new connections, and the deployment counts as good only
        where the new one answers for each public domain for which the old one did.
      - Where that cannot be done the deployment goes on, with a warning. It needs nftables and Linux 5.12.
    type: dict
    suboptions:
      service:
        description: The service.
        type: str
        required: true
      drain_file:
        description: A file on the host by which the service is told to end each connection with the answer under way.
        type: path
        default: ""
      drain:
        description: What the file then has, for some seconds before a task ends.
        type: str
        default: ""
  base:
    description: Directory on the host that keeps the stacks' releases.
    type: path
    default: /opt/skerry/stacks
  state:
    description: Whether the stack runs, or is taken away with its networks, configs, secrets and directory.
    type: str
    choices: [present, absent]
    default: present
  volumes:
    description: Whether C(state=absent) takes the stack's volumes on this host as well, and the data in them.
    type: bool
    default: false
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

- name: Take an app away, but for its data
  stack: {name: shop, state: absent}
"""

RETURN = r"""
verdict:
  description: C(unchanged), C(deployed), C(rolled back) (what ran before runs again), C(removed), C(absent) or
    C(failed); in check mode C(would deploy) or C(would remove) where something differs.
  returned: always
  type: str
services:
  description: Image, desired and running tasks of each service, by its name in the stack file.
  returned: success
  type: dict
  sample: {mariadb: {image: "mariadb:11.8", desired: 1, running: 1}}
"""
