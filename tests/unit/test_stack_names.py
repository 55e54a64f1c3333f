"""Content hashes in a stack file's names: the text stays its author's, the data is right, mistakes are told."""

from __future__ import annotations

import pytest
import yaml

from module_utils.skerry.names import NAME_LIMIT, SIZE_LIMIT, StackFileError, images_of, name_by_content
from module_utils.skerry.payload import content_hash

FILES = {"my.cnf": b"[mariadbd]\n", "secrets/root": b"hunter2-hunter2", "stack.yml": b""}
CNF = content_hash(FILES["my.cnf"])
HEAD = "services: {db: {image: 'mariadb:11.8'}}\n"


def named(text: str, stack: str = "mariadb") -> dict[str, dict[str, dict[str, str]]]:
    """Return the data of a stack file after its configs and secrets were named."""
    data: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(name_by_content(stack, HEAD + text, FILES))
    return data


@pytest.mark.parametrize(
    "text",
    [
        "configs:\n  cnf:\n    file: my.cnf\n",
        "configs:\n  cnf:\n    file: ./my.cnf  # a comment\n",
        "configs: {cnf: {file: my.cnf}}\n",
        "configs:\n  cnf: {file: my.cnf}\n",
        "configs:\n  cnf: {name: '{{ x }}', file: my.cnf}\n".replace("'{{ x }}'", "mariadb_cnf"),
        "configs:\n  cnf:\n    name: 'mariadb_cnf'\n    file: my.cnf\n",
    ],
    ids=["block", "comment", "flow", "flow entry", "own name in flow", "own quoted name"],
)
def test_config_is_named_in_every_style_of_yaml(text: str) -> None:
    """A style of writing that is missed would leave the config without a hash, and changes would fail to deploy."""
    assert named(text)["configs"]["cnf"] == {
        "name": f"mariadb_cnf_{CNF}",
        "file": text[text.index("file: ") + 6 :].split(maxsplit=1)[0].rstrip("},"),
    }


def test_rest_of_the_text_is_untouched() -> None:
    """A rewritten file would lose its comments and what its author meant by the layout."""
    text = HEAD + "# why\nconfigs:\n  cnf:   # odd   spacing\n      file: my.cnf\n"
    after = name_by_content("mariadb", text, FILES)
    assert after.replace(f"name: mariadb_cnf_{CNF}\n      ", "") == text


def test_name_follows_the_content() -> None:
    """Swarm refuses new content under an old name."""
    text = HEAD + "configs: {cnf: {file: my.cnf}}\n"
    assert name_by_content("s", text, FILES) != name_by_content("s", text, {**FILES, "my.cnf": b"other"})


def test_equal_secrets_get_different_hashes() -> None:
    """Equal digits would tell a reader of names which passwords are the same."""
    data = named("secrets: {a: {file: secrets/root}, b: {file: secrets/root}}\n")["secrets"]
    assert data["a"]["name"].split("_")[-1] != data["b"]["name"].split("_")[-1]
    assert content_hash(FILES["secrets/root"]) not in str(data)


@pytest.mark.parametrize(
    "text",
    [
        "configs: {cnf: {external: true}}\n",
        "configs: {cnf: {external: true, name: other}}\n",
        "configs: {cnf: {file: /etc/hosts}}\n",
        "networks: {data: {external: true}}\n",
    ],
)
def test_entries_without_a_rendered_file_are_left_alone(text: str) -> None:
    """A hash on an external name would look for a config that nobody made."""
    assert name_by_content("mariadb", HEAD + text, FILES) == HEAD + text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [\n", "no valid YAML"),
        ("just text\n", "no `services:`"),
        (HEAD + "configs: {cnf: {file: nowhere}}\n", "configs.cnf names the file nowhere"),
        (HEAD + "configs: {%s: {file: my.cnf}}\n" % ("k" * NAME_LIMIT), f"at most {NAME_LIMIT}"),
        (HEAD + "configs: {cnf: {file: big}}\n", f"at most {SIZE_LIMIT}"),
        (HEAD + "x: &c {file: my.cnf}\nconfigs: {cnf: *c}\n", "without anchors"),
    ],
    ids=["yaml", "services", "file", "name", "size", "anchor"],
)
def test_mistake_is_told_with_its_place(text: str, said: str) -> None:
    """The operator would get the engine's riddle instead, after half of the stack was touched."""
    with pytest.raises(StackFileError, match=said):
        name_by_content("s", text, {**FILES, "big": b"x" * (SIZE_LIMIT + 1)})


def test_images_are_listed_by_service() -> None:
    """An image that is not listed is not looked for before the deployment; a variable cannot be."""
    text = "services: {a: {image: 'x:1'}, b: {image: '${B}'}, c: {}}"
    assert images_of(text) == {"a": "x:1"}
