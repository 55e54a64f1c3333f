#!/usr/bin/python
"""What `ansible-doc -t module check_variables` shows; the work is in action_plugins/check_variables.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: check_variables
short_description: Refuse a role's bad variables before anything changes
description:
  - Checks the types by the role's C(meta/argument_specs.yml), as M(ansible.builtin.validate_argument_spec) does, and
    then that a list of problems is empty. Runs on the controller alone.
options:
  problems:
    description:
      - Name of a variable whose value is a list of sentences, one for each value that cannot be; empty ones do not
        count. It is read after the types have been found good.
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: Runs as ever.
author: [Skerry]
"""

EXAMPLES = r"""
- name: Check the variables before the first change
  check_variables: {problems: __base_problems}
"""

RETURN = r"""
msg:
  description: The sentences, one a line.
  returned: failure
  type: str
"""
