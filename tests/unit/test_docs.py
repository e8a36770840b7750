"""The documentation speaks of everything that exists, and of nothing else."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from qualitygate import policy
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.cli import cli
from qualitygate.config import load_settings
from qualitygate.config.raw import CheckTable, ReleaseTable, SoftFailTable, TopLevel
from qualitygate.errors import ExitCode, ReleaseCode
from qualitygate.model.findings import Finding
from qualitygate.model.severity import Severity
from qualitygate.plugin import Request, Tree

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
HEADINGS = [
    "What it checks",
    "Which files it sees",
    "Arguments",
    "Native configuration files honoured",
    "How findings are counted",
    "Known differences",
    "Version range",
]


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where dataclasses look for the types of their fields
    spec.loader.exec_module(module)
    return module


extension = imported(DOCS / "_ext" / "qualitygate_docs.py")

SOURCES = {
    path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
    for path in (*sorted(DOCS.rglob("*.rst")), REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md")
    if "_build" not in path.parts
}
PAGES = {name: extension.expand(text) if name.endswith(".rst") else text for name, text in SOURCES.items()}
"""With the generated parts in place."""


def sections(page: str, underline: str) -> dict[str, str]:
    """Title -> text of each part of a reStructuredText page."""
    parts = re.split(rf"^(.+)\n{re.escape(underline)}{{3,}}\n", page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(page: str, language: str) -> Iterator[str]:
    """The code blocks of a page in a language."""
    yield from re.findall(rf"^```{language}\n(.*?)^```", page, flags=re.M | re.S)
    for indented in re.findall(rf"^\.\. code-block:: {language}\n\n((?:   .*\n|\n)+)", page, flags=re.M):
        yield re.sub(r"^   ", "", indented, flags=re.M)


def commands(command: click.Command = cli, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words that call it."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield " ".join(words), command
    if not isinstance(command, click.Group):
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*words, name))


COMMANDS = dict(commands())


def options(command: click.Command) -> set[str]:
    spelled = {spelling for parameter in command.params for spelling in parameter.opts if spelling.startswith("-")}
    return spelled | {"--help"}


def mentions() -> Iterator[tuple[str, str, list[str]]]:
    """Page, words after `qualitygate`, and options of every command that a page tells to run."""
    for name, text in PAGES.items():
        for found in re.findall(r"(?:`|\$ |- |   )qualitygate ([a-z-][^`\n]*)", text):
            line = re.split(r" \d?>| \|| -- ", found)[0]
            words = [word for word in line.split() if re.fullmatch("[a-z]+", word)]
            yield name, " ".join(words), re.findall(r"(?<=\s)--?[a-z0][a-z-]*", f" {line}")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_and_option_is_documented(words: str) -> None:
    part = sections(PAGES["docs/command-line.rst"], "-")[f"qualitygate {words}"]

    documented = set(re.findall(r"(?<![\w-])--?[a-z0][a-z-]*", part))
    assert options(COMMANDS[words]) <= documented


def test_no_page_runs_a_command_or_option_that_does_not_exist() -> None:
    found = list(mentions())
    assert len(found) > 20

    for page, words, used in found:
        if not words:
            assert set(used) <= {"--version", "--help"}, page
            continue
        called = max((name for name in COMMANDS if f"{words} ".startswith(f"{name} ")), key=len, default=None)
        if called is None:
            assert extension.command_at(words.split()), f"{page}: {words}"  # a group, such as `config`
        else:
            assert set(used) <= options(COMMANDS[called]), f"{page}: {words}"


def test_every_exit_code_is_documented_with_its_sentence() -> None:
    table = PAGES["docs/exit-codes.rst"].replace("``", "").replace("`", "")

    rows = dict(re.findall(r"^   \* - (\d+)\n     - (.*)$", table, flags=re.M))
    assert rows == {str(code.value): code.sentence.replace("`", "") for code in ExitCode}


def test_every_exit_code_of_a_release_is_documented_with_its_sentence() -> None:
    part = sections(PAGES["docs/release.rst"], "-")["Exit codes"].replace("``", "").replace("`", "")

    rows = dict(re.findall(r"^   \* - (\d+)\n     - (.*)$", part, flags=re.M))
    assert rows == {str(code.value): code.sentence.replace("`", "") for code in ReleaseCode}


@pytest.mark.parametrize("tool", ADAPTERS)
def test_every_tool_has_a_page_with_the_same_parts(tool: str) -> None:
    source = SOURCES[f"docs/tools/{tool}.rst"]

    parts = sections(source, "-")
    assert list(parts) == HEADINGS
    assert all(part.strip() for part in parts.values())
    assert f".. tool-arguments:: {tool}\n" in parts["Arguments"]
    assert f".. tool-versions:: {tool}\n" in parts["Version range"]
    assert f"   {tool}\n" in SOURCES["docs/tools/index.rst"]


@pytest.mark.parametrize("tool", ADAPTERS)
def test_every_argument_of_a_tool_is_in_the_table_of_its_kind(tool: str) -> None:
    part = sections(PAGES[f"docs/tools/{tool}.rst"], "-")["Arguments"]

    tables = re.split(r"^\*\*(Honoured|Accepted, without effect|Refused)\.\*\*", part, flags=re.M)
    for title, table in zip(tables[1::2], tables[2::2], strict=True):
        kind = {"Honoured": "honoured", "Refused": "refused"}.get(title, "without-effect")
        rows = set(re.findall(r"^   \* - (?:positional \()?``(.+?)``", table, flags=re.M))
        assert rows == {name for name, argument in ADAPTERS[tool].arguments.items() if argument.kind == kind}
    assert len(tables[1::2]) == len({argument.kind for argument in ADAPTERS[tool].arguments.values()})


def test_every_configuration_key_is_documented() -> None:
    labels = re.findall(r"^\.\. _config-(.+):$", PAGES["docs/configuration.rst"], flags=re.M)

    kinds = (("top-level", TopLevel), ("check", CheckTable), ("soft-fail", SoftFailTable), ("release", ReleaseTable))
    assert labels == [f"{section}-{key}" for section, kind in kinds for key in kind.__struct_encode_fields__]


def test_every_environment_variable_is_documented() -> None:
    read = {str(parameter.envvar) for command in COMMANDS.values() for parameter in command.params if parameter.envvar}

    table = sections(PAGES["docs/configuration.rst"], "-")["Environment variables"]
    others = {"QUALITYGATE_CACHE_DIR", "QUALITYGATE_BUILD_TIMEOUT", "QUALITYGATE_PATIENCE"}
    assert read | others == set(re.findall(r"^   \* - ``(QUALITYGATE_\w+)``", table, flags=re.M))


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.rst", "docs/configuration.rst"])
def test_every_example_configuration_is_valid(page: str, tmp_path: Path) -> None:
    examples = [block for block in blocks(SOURCES[page], "toml") if "[tool.qualitygate]" in block]
    assert examples

    for example in examples:
        (tmp_path / "pyproject.toml").write_text(example, encoding="utf-8")
        settings = load_settings(tmp_path, ADAPTERS, version="0.1.0")
        assert settings.file is not None and not settings.warnings


def limit_examples() -> list[tuple[str, str]]:
    part = sections(SOURCES["docs/configuration.rst"], "-")["Limits: max-findings"]
    return re.findall(r"^   \* - ``([^`=]+|\{.*\})``\n     - (passes|fails)", part, flags=re.M)


@pytest.mark.parametrize(("limit", "result"), limit_examples())
def test_the_examples_of_limits_are_true(limit: str, result: str) -> None:
    severities = {"F401": Severity.HIGH, "E225": Severity.LOW, "E501": Severity.LOW}
    findings = [
        Finding(check="flake8", tool="flake8", rule=rule, message="", severity=severities[rule], fingerprint="")
        for rule in ("F401", "F401", "E225", "E225", "E501")
    ]

    held = policy.hold("flake8", findings, tomllib.loads(f"limit = {limit}")["limit"])

    assert any(one.breached for one in held) is (result == "fails")


def test_there_are_examples_of_limits() -> None:
    assert {result for _, result in limit_examples()} == {"passes", "fails"}


def test_the_folder_map_is_complete() -> None:
    part = sections(SOURCES["docs/architecture.rst"], "-")["The folders"]
    package = REPOSITORY / "src" / "qualitygate"

    there = {path.name + "/" * path.is_dir() for path in package.iterdir()}
    untold = {"__init__.py", "__pycache__/", "py.typed"}
    assert set(re.findall(r"^     (\S+)", part, flags=re.M)) == there - untold


def test_the_example_of_an_adapter_works() -> None:
    adapter = imported(DOCS / "_examples" / "pyflakes_adapter.py").PyflakesAdapter()
    tree = Tree(str(REPOSITORY), ["a.py", "docs/b.py", "c.txt"])

    options_ = adapter.resolve(Request(check="pyflakes", root=str(REPOSITORY), paths=(".",), args=()), tree).options

    assert {tree.relative(path) for path in adapter.select(options_, tree)} == {"a.py", "docs/b.py"}
    (finding,) = adapter.check(options_, "a.py", b"import os\n").findings
    assert (finding.rule, finding.line, finding.column) == ("UnusedImport", 1, 1)
    assert adapter.check(options_, "a.py", b"def f(:\n").problem.kind == "syntax"


def test_the_readme_leads_from_a_clone_to_the_two_commands() -> None:
    (work,) = [block for block in blocks(SOURCES["README.md"], "console") if "git clone" in block]

    lines = [line.removeprefix("$ ") for line in work.splitlines()]
    assert lines[0].startswith("git clone ") and lines[0].endswith(" qualitygate")
    assert lines[1:] == ["cd qualitygate", "make check", "make test"]


def test_every_make_command_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), flags=re.M))

    used = {target for text in SOURCES.values() for target in re.findall(r"(?:`|\$ )make (?:\w+=\S+ )?([a-z-]+)", text)}
    assert {"check", "test"} <= used <= targets


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_and_paths_lead_somewhere(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", SOURCES[name]) if "://" not in link]
    paths = re.findall(r"`((?:src|tests|docs|changelog\.d)/[^` ]*)`", SOURCES[name])

    assert links
    assert [link for link in (*links, *paths) if not (REPOSITORY / link).exists()] == []
