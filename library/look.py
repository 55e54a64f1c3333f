#!/usr/bin/python
"""What `ansible-doc -t module look` shows; the work is in action_plugins/look.py and module_utils/skerry/looking.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: look
short_description: Run a command that only reads, quickly
description:
  - As M(ansible.builtin.command) for commands that change nothing; runs in check mode too, never reports a change, and
    takes a third of the time.
options:
  argv:
    description: The command and its arguments, or with I(program) the arguments alone. No shell is involved.
    type: list
    elements: str
    default: []
  program:
    description: A file under the role's C(files/), a Python program that is run instead of a command.
    type: str
    default: ""
  stdin:
    description: What the command reads from its standard input.
    type: str
    default: ""
attributes:
  check_mode:
    support: full
    description: Runs as ever.
author: [Skerry]
"""

EXAMPLES = r"""
- name: Look at the host
  look:
    program: look.py
    argv: [nftables]
  register: __base_looked
"""

RETURN = r"""
rc:
  description: The code it ended with; the task fails for any but 0.
  returned: always
  type: int
stdout:
  description: What it printed.
  returned: always
  type: str
stdout_lines:
  description: The same, by line.
  returned: always
  type: list
stderr:
  description: What it printed to its standard error.
  returned: always
  type: str
"""
