#!/usr/bin/python
"""What `ansible-doc -t module revision` shows; the work is in action_plugins/ and module_utils/skerry/revision.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: revision
short_description: Keep the playbooks of this revision on the host
description:
  - Puts files of the controller below I(dest)C(/revisions/<hash of their content>) and points I(dest)C(/current) there.
  - A rerun sends the hash alone; the files travel in one archive, and only where the host has not got them.
  - The three newest revisions are kept, for something may still run from an older one.
options:
  src:
    description: Directory on the controller that the paths are relative to.
    type: path
    required: true
  paths:
    description: Files, and directories with all that is below them.
    type: list
    elements: str
    required: true
  dest:
    description: Directory on the host.
    type: path
    default: /opt/skerry
attributes:
  check_mode:
    support: full
    description: Compares, and changes nothing.
  diff_mode:
    support: full
    description: Names the revisions before and after.
author: [Skerry]
"""

EXAMPLES = r"""
- name: Keep the playbooks on the host
  revision:
    src: "{{ role_path }}/../.."
    paths: [ansible.cfg, playbooks, roles]
"""

RETURN = r"""
path:
  description: The revision's directory on the host.
  returned: success
  type: str
"""
