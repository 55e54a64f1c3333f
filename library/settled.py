#!/usr/bin/python
"""What `ansible-doc -t module settled` shows; the work is in module_utils/skerry/settled.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: settled
short_description: Tell in one task whether a whole run would change nothing
description:
  - With I(action=ask) at the beginning of a playbook, asks the host anew all that the look, tree and stack tasks of the
    last whole run asked, in one process. Where every answer is the same, and so are variables, inventory and Skerry's
    own files, the rest of the playbook has nothing to do.
  - With I(action=keep) as the last task, keeps what this run asked; nothing where something would change again.
  - With I(action=compare), asks the same of the host whatever the run is given, and returns a I(report) of all that
    differs. Nothing is kept or forgotten, and no variable of the site is needed.
  - A run of a part (C(--tags), C(--limit), C(--start-at-task)) has nothing kept, and forgets what was.
options:
  action:
    description: See above.
    type: str
    required: true
    choices: [ask, keep, compare]
  variables:
    description: A digest of the values of all roles' variables, of M(check_variables). Needed to ask and keep.
    type: str
  thorough:
    description: Asks nothing, so that every task runs.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Asks as ever, and keeps or forgets nothing.
author: [Skerry]
"""

EXAMPLES = r"""
- name: Ask whether anything differs from the last whole run
  settled:
    action: ask
    variables: "{{ __site_variables.digest }}"
  register: __settled
"""

RETURN = r"""
settled:
  description: Whether nothing differs; with I(action=keep) whether the next run can tell.
  returned: always
  type: bool
report:
  description: With I(action=compare), what differs, each with its diff; secrets are not shown.
  returned: with I(action=compare)
  type: list
  elements: str
run:
  description: Names this run where its tasks are to keep what they ask, else empty. They read it of C(__settled).
  returned: with I(action=ask)
  type: str
msg:
  description: What differs, or how much was asked.
  returned: always
  type: str
"""
