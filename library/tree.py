#!/usr/bin/python
"""What `ansible-doc -t module tree` shows; the work is in action_plugins/ and module_utils/skerry/apply_tree.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tree
short_description: Apply a directory of templates to the host, in one round trip
description:
  - Renders a directory whose paths are those of the host, such as C(host/etc/ssh/sshd_config.d/10-skerry.conf.j2), and
    makes the files, links and directories below I(dest) be just that. What is not in the directory is left alone.
  - Everything is compared first. Changed files are checked with their I(validate) command, then written beside their
    places, then renamed over them; a refused file leaves the host unchanged.
  - Only the I(activate) commands and handlers of paths that changed are run; each once.
options:
  src:
    description:
      - Directory under the role's C(templates/), or an absolute path. Files that end in C(.j2) are rendered and lose
        the suffix, all others are copied, links stay links. An executable file stays executable.
    type: str
  dest:
    description: Directory on the host that the paths are relative to.
    type: path
    default: /
  files:
    description:
      - Options by path relative to I(dest); a path may be a pattern such as C(etc/cron.d/*).
      - >-
        Each value is a dict with any of I(mode) (default C(0644), executable files C(0755), directories C(0755)),
        I(owner) and I(group) (names or numbers, default root), I(validate) (command; C(%s) is the path of a copy),
        I(activate) (command to run once the files are in place; the next run makes up for an interrupted one),
        I(notify) (handler or list of them; forgotten when the run is interrupted),
        I(backup) (keep the replaced file), I(secret) (never show the content),
        I(content) (a file that is not in I(src)), I(state) (C(file), C(directory) or C(absent)).
      - A path that ends in C(/) is a directory; what lies in it is left alone.
    type: dict
    default: {}
  absent:
    description: Paths that must not exist; short for I(state=absent) in I(files).
    type: list
    elements: str
    default: []
  units:
    description: Systemd units that must be enabled and running. Changed unit files are read first.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    description: Compares, and changes nothing.
  diff_mode:
    support: full
    description: Shows changed texts, modes and owners; of a secret only that it changed.
author: [Skerry]
"""

EXAMPLES = r"""
- name: Configure sshd
  tree:
    src: host
    files:
      etc/ssh/sshd_config.d/10-skerry.conf:
        mode: "0600"
        validate: sshd -t -f %s
        activate: systemctl reload ssh.service
      var/lib/skerry/traefik/: {owner: "65532", group: "65532", mode: "0700"}
    absent: [etc/ssh/sshd_config.d/50-cloud-init.conf]
    units: [ssh.service]
"""

RETURN = r"""
paths:
  description: Paths relative to I(dest) that changed.
  returned: success
  type: list
activated:
  description: Commands that were run.
  returned: success
  type: list
units:
  description: Units that were enabled or started.
  returned: success
  type: list
backups:
  description: Where replaced files are kept.
  returned: when there are any
  type: list
"""
