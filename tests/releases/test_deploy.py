"""A good release, from outside: no request lost, remembered, kept by site.yml, and gone back from."""

from __future__ import annotations

from tests.releases.conftest import Shop

# Enough requests in the shortest deploy that «none failed» says something.
LEAST_REQUESTS = 100


def test_a_release_is_deployed_and_gone_back_from(shop: Shop) -> None:
    """A deploy would lose a request or lie, site.yml would undo it, or there would be no way back."""
    digest = shop.push("2")
    with shop.load() as load:
        run, told = shop.deploy("2", message="it's a {{ 1 + 1 }} test")
        assert run.code == 0, run.output[-3000:]
        assert (told["verdict"], told["release"], told["previous"]) == ("deployed", "2", "1")
        assert told["images"] == {"web": f"skerry-demo/shop:2@{digest}"}
        assert told["message"] == "it's a {{ 1 + 1 }} test"
        assert shop.running() == "2"

        kept = shop.site("--check")
        assert kept.total("changed") == 0, kept.output[-3000:]

        back, told = shop.roll_back()
        assert back.code == 0, back.output[-3000:]
        assert (told["verdict"], told["release"], shop.running()) == ("deployed", "1", "1")

        # By a job of the host, as the console asks for it. Its backup must not wait for the deploy that it belongs to.
        before = shop.vps.out("ls /var/lib/skerry/backup/events | grep -c backup")
        asked = "app=shop release=2 backup=yes --why 'it is {{ good }}' --by ada"
        job = shop.vps.ssh(f"skerry-job run deploy-app {asked}", timeout=600)
        assert job.returncode == 0, job.stdout[-3000:]
        told = shop.last()
        assert int(shop.vps.out("ls /var/lib/skerry/backup/events | grep -c backup")) > int(before)
    assert (told["verdict"], told["name"], told["owner"]) == ("deployed", "2", "ada")
    assert told["message"] == "it is {{ good }}"
    assert shop.running() == "2"
    assert shop.metric("deployed") == "1"
    assert load.failed == {}
    assert load.answers["200"] > LEAST_REQUESTS
