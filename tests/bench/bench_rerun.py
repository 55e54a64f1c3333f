"""A rerun of the whole site against a shell script that looks at the same states over the same SSH, interleaved.

    python -m tests.bench.bench_rerun [rounds]

Prints seconds and their ratio; it asserts nothing, for machines are noisy. Needs the local VPS (`make up`).
"""

from __future__ import annotations

import statistics
import sys
import time

from tests.local import Vps, playbook

# What site.yml looks at when nothing has changed: packages, files, units, the engine, each service and task, accounts.
SCRIPT = """
dpkg-query -W -f '${db:Status-Status} ${Package}\\n' | sha256sum
restic version
find /etc/skerry /etc/ssh /etc/sysctl.d /etc/systemd /etc/docker /etc/apt/apt.conf.d /var/lib/skerry/inventory \
  /usr/local/sbin /usr/local/lib/skerry /opt/skerry/stacks -type f \
  -exec stat -c "%a %U %G %n" {} + -exec sha256sum {} + | sha256sum
units="ssh nftables docker skerry-reporter.service skerry-runner.service skerry-collector.service
  skerry-visitor.socket skerry-prune.timer skerry-acme-kick.timer
  skerry-backup-run.timer skerry-backup-binlog.timer skerry-backup-drill.timer"
systemctl show --property=LoadState,ActiveState,UnitFileState $units
nft list ruleset | sha256sum
docker info --format '{{json .Swarm}}'; docker node inspect self; docker network ls
docker service inspect $(docker service ls -q) | sha256sum
for stack in $(docker stack ls --format '{{.Name}}'); do docker stack ps $stack; done
database=$(docker ps -qf label=com.docker.swarm.service.name=mariadb_mariadb)
docker exec -u 0 $database mariadb -e 'SELECT User FROM mysql.user'
/usr/local/sbin/skerry-acme-kick --wait 0
"""


def main(rounds: int) -> None:
    """Measure `rounds` of each, in turn."""
    vps = Vps.read()
    site, script, tasks = [], [], 0
    for _ in range(rounds):
        started = time.monotonic()
        run = playbook()
        site.append(time.monotonic() - started)
        assert run.code == 0, run.output[-2000:]
        assert run.total("changed") == 0, "the site was not at rest: run it once more first"
        tasks = run.total("ok")
        started = time.monotonic()
        vps.ssh(SCRIPT)
        script.append(time.monotonic() - started)
    ours, shell = statistics.median(site), statistics.median(script)
    print(f"site.yml, nothing to change: {ours:.1f} s, {tasks} tasks (median of {rounds})")
    print(f"shell script over the same SSH: {shell:.1f} s")
    print(f"ratio: {ours / shell:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
