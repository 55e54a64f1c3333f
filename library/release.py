#!/usr/bin/python
"""What `ansible-doc -t module release` shows; the work is in action_plugins/ and module_utils/skerry/rollout.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Deploy a release of an app, or go back to an earlier one
description:
  - Takes the stack directory that C(site.yml) has put on the host, puts the images of another release into it, and
    applies it as the C(stack) module does. It needs no variable of the inventory and none of its secrets.
  - A tag is resolved to its digest first. Whoever deploys the same tag again gets what it means then.
  - Once all services are healthy, the app is asked for as a visitor does, by its domain over https with a certificate
    that verifies. If it does not answer as it should, the release before is put back.
  - The verdict is read from what runs, C(deployed), C(rolled back) or C(failed); the task fails for the last two.
  - One deployment of an app at a time. A second one is refused within seconds, and told who is at it and why.
options:
  app:
    description: Name of the app, which is one of C(app_instances).
    type: str
    required: true
  action:
    description: Whether the registry's release is deployed, or one gone back to that has run well here.
    type: str
    choices: [deploy, rollback]
    default: deploy
  release:
    description:
      - A tag that all images of the app have, or of its only image the digest C(sha256:…) or both, C(1.5@sha256:…).
        Required for C(deploy).
      - For C(rollback) a kept release by its name or a digest; empty for the one before, C(left) ones not counted.
    type: str
    default: ""
  owner:
    description: Who deploys; the user and machine that run Ansible unless set.
    type: str
    default: ""
  message:
    description: Why, in a few words.
    type: str
    default: ""
  backup:
    description: Whether C(skerry-backup run) comes first; nothing is changed where it fails.
    type: bool
    default: false
  result_file:
    description: File on the controller that the result is written to as JSON, whatever it is.
    type: str
    default: ""
  base:
    description: Directory on the host that keeps the stacks' releases.
    type: path
    default: /opt/skerry/stacks
attributes:
  check_mode:
    support: full
    description: Compares with the disk and the engine, and changes nothing; hooks do not run.
  diff_mode:
    support: full
author: [Skerry]
"""

EXAMPLES = r"""
- name: Deploy a release
  release: {app: shop, release: "1.5", message: Cheaper shipping}

- name: Go back to the release before
  release: {app: shop, action: rollback}
"""

RETURN = r"""
verdict:
  description: C(deployed), C(rolled back) (the release before runs) or C(failed); in check mode C(would deploy) or
    C(unchanged).
  returned: always
  type: str
release:
  description: Name of the release that was asked for.
  returned: always
  type: str
previous:
  description: Name of the release that ran before.
  returned: where a deployment began
  type: str
images:
  description: Image of each following service, with its digest.
  returned: success
  type: dict
reason:
  description: What was wrong, in one line.
  returned: failure
  type: str
seconds:
  description: How long it took.
  returned: always
  type: float
"""
