"""A public name, command or option that is undocumented fails here."""

import re
from pathlib import Path

import lossatlas as la
from lossatlas.cli.app import app

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text()


def section(command: str) -> str:
    found = re.search(rf"### `lossatlas {command}\b.*?(?=\n### |\Z)", REFERENCE, re.DOTALL)
    assert found, f"docs/reference.md has no section of the command {command!r}"
    return found.group(0)


def commands(group=app, before: str = "") -> dict:
    """Every command by its whole name; of a group of commands those in it: ``data fetch``."""
    found = {}
    for name in (name for name in group if not name.startswith("-")):
        inner = commands(group[name], f"{before}{name} ")
        found |= inner or {before + name: group[name]}
    return found


def test_every_public_name_stands_in_the_reference_and_exists():
    for name in set(la.__all__) - {"__version__"}:
        assert f"`la.{name}`" in REFERENCE, name
        assert getattr(la, name).__doc__, f"{name} has no docstring"
    for name in re.findall(r"^\| `la\.(\w+)` \|", REFERENCE, re.MULTILINE):
        assert name in la.__all__, f"the reference names {name}, which does not exist"


def test_every_command_and_option_stands_in_the_reference():
    assert set(commands()) == {"slice", "volume", "line", "plane", "spectrum", "eigenmap", "flatness", "goldilocks", "plot", "info",
                               "view", "export", "import", "zoo", "demo", "data fetch", "study", "train", "instability", "compare",
                               "trajectory", "merge", "ensemble", "connect"}
    for command in commands():
        text = section(command)
        arguments = commands()[command].assemble_argument_collection()
        options = {name for argument in arguments for name in argument.names if name.startswith("-")}
        described = text + (section("slice") if command in ("line", "plane", "volume") else "")
        for option in options:
            assert f"`{option}" in described, f"{command} {option}"


def test_options_named_in_the_reference_exist():
    for command in commands():
        known = {name for argument in commands()[command].assemble_argument_collection() for name in argument.names}
        for option in re.findall(r"^\| `(--[\w-]+)`", section(command), re.MULTILINE):
            assert option in known, f"{command} has no {option}"


def test_public_functions_name_what_they_raise():
    for name in ("sweep", "random_slice", "line", "fit", "load_point", "sharpness", "nonconvexity", "faithfulness", "axis", "plane",
                 "per_layer", "auto_range", "survey", "hessian", "eigenpairs", "density", "trace", "hessian_slice"):
        assert "Raises:" in getattr(la, name).__doc__, name


def test_files_that_the_readme_links_exist():
    readme = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (ROOT / target).exists(), target
