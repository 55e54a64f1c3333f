#!/usr/bin/python
"""What `ansible-doc -t module check_variables` shows; the work is in action_plugins/check_variables.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: check_variables
short_description: Refuse roles' bad variables before anything changes
description:
  - Checks the types of each role's variables by its C(meta/argument_specs.yml), as
    M(ansible.builtin.validate_argument_spec) does, and then that the role's variable C(__<role>_problems) is empty, a
    list of sentences, one for each value that cannot be (empty ones do not count). It is read after the types have been
    found good, with the role's defaults and variables in scope, whether the role runs in this play or not.
  - Refuses variables that Skerry once read and reads no more (C(module_utils/skerry_removed.py)), with what to write
    instead.
  - Runs on the controller alone, and tells the problems of all roles at once.
options:
  roles:
    description: Names of the roles.
    type: list
    elements: str
    required: true
  problems:
    description: Further sentences about values that cannot be, of variables that no single role has.
    type: list
    elements: str
attributes:
  check_mode:
    support: full
    description: Runs as ever.
author: [Skerry]
"""

EXAMPLES = r"""
- name: Check the variables before the first change
  check_variables: {roles: [base, docker]}
"""

RETURN = r"""
digest:
  description: A digest of all the values, and of the files on the controller that they name.
  returned: success
  type: str
msg:
  description: The sentences, one a line.
  returned: failure
  type: str
"""
