"""Everything that an answer depends on is in its key, and policy is not."""

from __future__ import annotations

import dataclasses
import locale
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine.cache import keys
from qualitygate.engine.cache.explain import changes
from qualitygate.engine.cache.packages import Packages
from qualitygate.plugin import Request
from qualitygate.sources.worktree import open_worktree

FIELDS = st.lists(st.text() | st.binary(), max_size=5)


@given(FIELDS, FIELDS)
def test_no_field_runs_into_its_neighbour(one: list[str | bytes], other: list[str | bytes]) -> None:
    def plain(fields: list[str | bytes]) -> list[bytes]:
        return [field.encode("utf-8", "surrogatepass") if isinstance(field, str) else field for field in fields]

    assert (keys.digest(*one) == keys.digest(*other)) is (plain(one) == plain(other))


def test_names_that_are_not_utf_8_have_keys() -> None:
    assert len({keys.digest("a\udcff"), keys.digest("a\udcfe"), keys.digest("a\xff"), keys.digest("a")}) == 4


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4))
def test_the_order_of_parts_makes_no_difference(parts: dict[str, str]) -> None:
    assert keys.of(parts) == keys.of(dict(reversed(parts.items())))


def request(tool: str, root: Path, **given_: object) -> Request:
    values = {"check": tool, "root": str(root), "paths": (".",), "args": ("-x",)}
    return Request(**{**values, **given_})  # type: ignore[arg-type]


def parts(tool: str, root: Path, packages: Packages | None = None, **given_: object) -> keys.Parts:
    keys._common.cache_clear()
    source = open_worktree(root)
    inputs = keys.Inputs(source, packages or Packages())
    asked = request(tool, root, **given_)
    return {**inputs.plan_parts(ADAPTERS[tool], asked, inputs.check_parts(ADAPTERS[tool], asked), b"")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    return folder


@pytest.mark.parametrize("tool", ADAPTERS)
def test_every_declared_variable_and_distribution_is_a_part(
    tool: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = ADAPTERS[tool]
    monkeypatch.setenv("HOME", str(tmp_path))
    before = parts(tool, root)
    for name in {*adapter.variables, "PYTHONPATH"}:
        with monkeypatch.context() as context:
            context.setenv(name, "other")
            assert f"the environment variable {name} changed" in changes(before, parts(tool, root)), name
    nothing_installed = changes(before, parts(tool, root, Packages([])))
    for name in map(str.lower, (adapter.distribution, *adapter.dependencies)):
        installed = before[f"package {name}"] != "missing"
        assert (f"{name} is another one: missing" in nothing_installed) is installed, name


@pytest.mark.parametrize("tool", ADAPTERS)
def test_every_configuration_file_is_a_part_there_or_not(
    tool: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (root / "sub").mkdir()
    (root / "sub" / ".bandit").write_text("[bandit]\n")
    candidates = ADAPTERS[tool].config_candidates(request(tool, root), open_worktree(root).tree)
    assert candidates
    for name in candidates:
        path = root / Path(name).expanduser()
        if not path.resolve().is_relative_to(tmp_path):
            continue  # /etc is not ours
        before = parts(tool, root)
        assert before[f"file {name}"]
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_bytes() if path.exists() else b""
        path.write_bytes(old + b"# more\n")
        if path.name != "pyproject.toml":
            assert f"the configuration file {name} changed" in changes(before, parts(tool, root)), name


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("version", "3.11.99 (main)", "Python is another one"),
        ("warnoptions", ["error"], "Python's options or warning filters are others"),
        ("platform", "beos", "Python's options or warning filters are others"),
    ],
)
def test_python_is_a_part(
    root: Path, monkeypatch: pytest.MonkeyPatch, attribute: str, value: object, said: str
) -> None:
    before = parts("flake8", root)
    monkeypatch.setattr(sys, attribute, value)
    assert changes(before, parts("flake8", root)) == [said]


def test_the_recursion_limit_and_the_encoding_are_parts(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = parts("radon", root)
    monkeypatch.setattr(sys, "getrecursionlimit", lambda: 77)
    monkeypatch.setattr(locale, "getencoding", lambda: "latin-1")
    assert changes(before, parts("radon", root)) == [
        "the encoding of the locale is another one", "Python's options or warning filters are others"
    ]


@pytest.mark.parametrize("name", ["adapters/bandit.py", "engine/worker.py", "engine/cache/keys.py", "sources/read.py"])
def test_our_own_code_is_a_part(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    package = Path(keys.qualitygate.__file__).parent
    copy = tmp_path / "copy"
    for path in package.rglob("*.py"):
        target = copy / path.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    monkeypatch.setattr(keys.qualitygate, "__file__", str(copy / "__init__.py"))
    before = parts("bandit", root)
    with (copy / name).open("a") as stream:
        stream.write("# more\n")
    assert changes(before, parts("bandit", root)) == ["qualitygate is another one"]


@pytest.mark.parametrize(
    ("given_", "part"),
    [
        ({"args": ("-y",)}, "arguments"),
        ({"extra_args": {"cc": ("-y",)}}, "arguments"),
        ({"paths": ("a.py",)}, "paths"),
        ({"check": "other"}, "check"),
        ({"require_plugins": ("flake8-x",)}, "plug-ins"),
        ({"cacheable_plugins": ("flake8-x",)}, "plug-ins"),
        ({"allow_local_plugins": True}, "plug-ins"),
    ],
)
def test_every_field_of_a_request_is_a_part(root: Path, given_: dict[str, object], part: str) -> None:
    before, after = parts("radon", root), parts("radon", root, **given_)
    assert {name for name in after if before.get(name) != after[name]} - {"packages"} == {part}
    fields = {field.name for field in dataclasses.fields(Request)}
    assert fields == {
        "check", "root", "paths", "args", "extra_args", "require_plugins", "cacheable_plugins", "allow_local_plugins"
    }


def test_the_list_of_files_decides_the_plan_and_not_the_answers(root: Path) -> None:
    before = parts("radon", root)
    (root / "b.py").write_text("")
    after = parts("radon", root)
    assert {name for name in after if before[name] != after[name]} == {"list of files"}


def test_a_file_that_an_argument_names_is_a_part(root: Path) -> None:
    (root / "b.toml").write_text("a")
    before = parts("bandit", root, args=("-c", "b.toml"))
    (root / "b.toml").write_text("b")
    assert changes(before, parts("bandit", root, args=("-c", "b.toml"))) == ["the configuration file b.toml changed"]


TOOLS = '[tool.doc8]\nmax-line-length = 80\n'


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ('[tool.qualitygate]\npaths = ["src"]\n', True),
        ('[tool.qualitygate.flake8]\nmax-findings = 3\n', True),
        ('[project]\nversion = "2"\n', True),
        ('[build-system]\nrequires = ["x"]\n', True),
        ('[dependency-groups]\nlint = ["x"]\n', True),
        ("# comment\n", True),
        ("[tool.radon]\na = 1\n", False),
        ("[tool.qualitygate_]\na = 1\n", False),
        ("[flake8]\nmax-line-length = 9\n", False),
        ("not toml", False),
    ],
)
def test_of_pyproject_toml_what_tools_may_read_counts(root: Path, more: str, same: bool) -> None:
    (root / "pyproject.toml").write_text(TOOLS)
    before = parts("doc8", root)
    (root / "pyproject.toml").write_text(TOOLS + more)
    assert (parts("doc8", root)["file pyproject.toml"] == before["file pyproject.toml"]) is same


@pytest.mark.parametrize(
    "text", ["tool = 3\n", "[[tool]]\na=1\n", "a = " + "[" * 5000, "\xff", "tool.x = 1\ntool.x.y = 2"]
)
def test_a_strange_pyproject_toml_is_taken_as_it_is(root: Path, text: str) -> None:
    (root / "pyproject.toml").write_text(text, encoding="latin-1")
    one = parts("doc8", root)["file pyproject.toml"]
    (root / "pyproject.toml").write_text(text + " ", encoding="latin-1")
    assert one != parts("doc8", root)["file pyproject.toml"]
