"""One builder per row of the table in docs/odd-files.rst: puts the odd thing into a project."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project, git

COMMAND = (sys.executable, "-P", "-m", "qualitygate")

UNUSED_IMPORT = "import os\n"
"""Content with one finding, so that the reports show the name of the file."""

# Deletes gone.py when the work on the listed files begins.
_REMOVING = """
import os, sys
from qualitygate import cli, gate
run = gate.run
def removing(settings, options, progress):
    def start(done, total):
        if done == 0 and os.path.lexists("gone.py"):
            os.unlink("gone.py")
    return run(settings, options, start)
gate.run = removing
cli.main(sys.argv[1:])
"""


@dataclasses.dataclass(frozen=True)
class Odd:
    """What a builder made, and how to run the command over it."""

    paths: tuple[str, ...]
    """The files that the row is about, relative to the root, as `os.fsdecode` gives them."""
    args: tuple[str, ...] = ()
    """More arguments for `check`."""
    command: tuple[str, ...] = COMMAND
    named: str = ""
    """What a warning or an error names, where that is not one of the paths."""


Builder = Callable[[Project], Odd]

BUILDERS: dict[str, Builder] = {}


def builder(kind: str) -> Callable[[Builder], Builder]:
    """Register the builder of the row *kind*."""

    def register(function: Builder) -> Builder:
        assert kind not in BUILDERS
        BUILDERS[kind] = function
        return function

    return register


# ---- links


@builder("broken link")
def _broken_link(project: Project) -> Odd:
    (project.root / "odd.py").symlink_to("nowhere.py")
    return Odd(("odd.py",))


@builder("loop of links")
def _loop(project: Project) -> Odd:
    (project.root / "a.py").symlink_to("b.py")
    (project.root / "b.py").symlink_to("a.py")
    return Odd(("a.py", "b.py"))


@builder("link to the folder it is in")
def _link_to_parent(project: Project) -> Odd:
    project.write({"inner/odd.py": UNUSED_IMPORT})
    (project.root / "inner" / "again").symlink_to("../inner")
    return Odd(("inner/odd.py",))


@builder("link to a file out of the root")
def _file_outside(project: Project) -> Odd:
    (project.root.parent / "outside.py").write_text(UNUSED_IMPORT)
    (project.root / "odd.py").symlink_to("../outside.py")
    return Odd(("odd.py",))


@builder("link to a file inside the root")
def _file_inside(project: Project) -> Odd:
    project.write({"inner/target.py": UNUSED_IMPORT})
    (project.root / "odd.py").symlink_to("inner/target.py")
    return Odd(("odd.py", "inner/target.py"))


@builder("link to a folder out of the root")
def _folder_outside(project: Project) -> Odd:
    outside = project.root.parent / "outside"
    outside.mkdir()
    (outside / "odd.py").write_text(UNUSED_IMPORT)
    (project.root / "linked").symlink_to("../outside")
    return Odd(("linked/odd.py", "linked"), named="linked")


@builder("link to a folder inside the root")
def _folder_inside(project: Project) -> Odd:
    project.write({"inner/fine.py": "x = 1\n"})
    (project.root / "linked.py").symlink_to("inner")
    return Odd(("linked.py/fine.py", "linked.py"))


@builder("link to a folder out of the root, in the configuration")
def _folder_outside_configured(project: Project) -> Odd:
    odd = _folder_outside(project)
    _configured(project, "linked")
    return odd


@builder("link to a folder inside the root, in the configuration")
def _folder_inside_configured(project: Project) -> Odd:
    project.write({"inner/odd.py": UNUSED_IMPORT})
    (project.root / "linked").symlink_to("inner")
    _configured(project, "linked")
    return Odd(("inner/odd.py",))


@builder("link to a FIFO")
def _link_to_fifo(project: Project) -> Odd:
    os.mkfifo(project.root.parent / "pipe")
    (project.root / "odd.py").symlink_to("../pipe")
    return Odd(("odd.py",))


@builder("link to a device")
def _link_to_device(project: Project) -> Odd:
    (project.root / "odd.py").symlink_to("/dev/zero")
    return Odd(("odd.py",))


# ---- what is not a regular file


@builder("FIFO")
def _fifo(project: Project) -> Odd:
    os.mkfifo(project.root / "odd.py")
    return Odd(("odd.py",))


@builder("FIFO in place of a tracked file")
def _tracked_fifo(project: Project) -> Odd:
    project.write({"odd.py": "x = 1\n"}).commit()
    (project.root / "odd.py").unlink()
    os.mkfifo(project.root / "odd.py")
    return Odd(("odd.py",))


def _listen(folder: Path) -> None:
    # The path of a socket is limited to about 100 bytes, so it is bound by its name alone.
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("odd.py")
    finally:
        os.fchdir(before)
        os.close(before)


@builder("socket")
def _socket(project: Project) -> Odd:
    _listen(project.root)
    return Odd(("odd.py",))


@builder("socket in place of a tracked file")
def _tracked_socket(project: Project) -> Odd:
    project.write({"odd.py": "x = 1\n"}).commit()
    (project.root / "odd.py").unlink()
    _listen(project.root)
    return Odd(("odd.py",))


@builder("folder with a file's name")
def _folder(project: Project) -> Odd:
    project.write({"odd.py/inner.py": UNUSED_IMPORT})
    return Odd(("odd.py/inner.py",))


@builder("folder in place of a tracked file")
def _folder_for_file(project: Project) -> Odd:
    project.write({"odd.py": UNUSED_IMPORT}).commit()
    (project.root / "odd.py").unlink()
    project.write({"odd.py/inner.txt": ""})
    return Odd(("odd.py",))


# ---- other repositories


@builder("submodule")
def _submodule(project: Project) -> Odd:
    Project(project.root.parent / "other", project.home).write({"odd.py": UNUSED_IMPORT}).commit()
    git(project.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", "../other", "module")
    project.commit()
    assert (project.root / "module" / "odd.py").exists()
    return Odd(("module/odd.py",), named="module")


@builder("nested repository")
def _nested(project: Project) -> Odd:
    Project(project.root / "nested", project.home).write({"odd.py": UNUSED_IMPORT}).commit()
    return Odd(("nested/odd.py",), named="nested")


# ---- what git says


@builder("ignored file")
def _ignored(project: Project) -> Odd:
    project.write({".gitignore": "odd.py\n", "odd.py": UNUSED_IMPORT})
    return Odd(("odd.py",))


@builder("ignored but tracked file")
def _ignored_tracked(project: Project) -> Odd:
    project.write({"odd.py": UNUSED_IMPORT}).commit().write({".gitignore": "odd.py\n"})
    return Odd(("odd.py",))


@builder("deleted but tracked file")
def _deleted(project: Project) -> Odd:
    project.write({"odd.py": UNUSED_IMPORT}).commit()
    (project.root / "odd.py").unlink()
    return Odd(("odd.py",))


@builder("file removed during the run")
def _removed(project: Project) -> Odd:
    project.write({"gone.py": "x = 1\n"})
    return Odd(("gone.py",), command=(sys.executable, "-P", "-c", _REMOVING))


# ---- names


def _named(kind: str, name: str | bytes, *args: str) -> None:
    """A builder that gives a file with a finding this *name*."""

    def build(project: Project) -> Odd:
        path = os.fsdecode(name)
        try:
            project.write({path: UNUSED_IMPORT})
        except (OSError, ValueError) as error:
            pytest.skip(f"the file system refuses the name: {error}")
        return Odd((path,), args)

    builder(kind)(build)


_named("name with a space", "an odd .py")
_named("name with a single quote", "it's.py")
_named("name with a double quote", 'say "odd".py')
_named("name with a backslash", "back\\slash.py")
_named("name with a newline", "new\nline.py")
_named("name with a tab", "a\ttab.py")
_named("name with a carriage return", "a\rreturn.py")
_named("name with a terminal's escape sequence", "\x1b[31mred\x1b[0m\x07.py")
_named("name with an override of writing direction", "odd\u202eyp.py")
_named("name that is not ASCII", "ünï/código-文件.py")
_named("name that is not UTF-8", b"caf\xe9.py")
_named("name with a pattern's characters", "[odd]*?.py")
_named("name with a leading dot", ".odd.py")
_named("name of 250 bytes", "o" * 247 + ".py")
_named("path of 300 folders", "d/" * 300 + "odd.py")


_named("leading dash", "-x.py")
_named("leading dash, in PATHS", "-x.py", "--", "-x.py")


def _configured(project: Project, *paths: str) -> None:
    """Let the configuration name *paths*."""
    file = project.root / "pyproject.toml"
    file.write_text(file.read_text().replace('["."]', json.dumps(["base", *paths])))


@builder("leading dash, in the configuration")
def _dash_configured(project: Project) -> Odd:
    project.write({"-x.py": UNUSED_IMPORT})
    _configured(project, "-x.py")
    return Odd(("-x.py",), named="-x.py")


@builder("leading dash, in the configuration as ./-x.py")
def _dash_configured_well(project: Project) -> Odd:
    project.write({"-x.py": UNUSED_IMPORT})
    _configured(project, "./-x.py")
    return Odd(("-x.py",))


@builder("names that differ in case only")
def _case(project: Project) -> Odd:
    project.write({"odd.py": UNUSED_IMPORT, "ODD.py": UNUSED_IMPORT})
    if (project.root / "odd.py").samefile(project.root / "ODD.py"):
        pytest.skip("the file system takes the two names for one")
    return Odd(("odd.py", "ODD.py"))


# ---- content


def _content(kind: str, name: str, content: str | bytes, *args: str) -> None:
    """A builder of a file with this *content*."""

    def build(project: Project) -> Odd:
        project.write({name: content})
        return Odd((name,), args)

    builder(kind)(build)


_MEGABYTES_100 = 100 * 2**20

_content("empty Python file", "odd.py", b"")
_content("empty reStructuredText file", "odd.rst", b"")
_content("empty YAML file", "odd.yaml", b"")
_content("Python with NUL bytes", "odd.py", b"x = 1\0\n")
_content("Python that is not UTF-8", "odd.py", b'x = "caf\xe9"\n')
_content("Python that is binary", "odd.py", b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe\n")
_content("Python that can not be parsed", "odd.py", b"def f(:\n")
_content("reStructuredText that is not UTF-8", "odd.rst", b"Caf\xe9\n====\n")
_content("reStructuredText with NUL bytes", "odd.rst", b"A\0B\n")
_content("YAML that is not UTF-8", "odd.yaml", b"---\na: caf\xe9\n")
_content("YAML with NUL bytes", "odd.yaml", b"---\na: \0\n")


@builder("Python file of 100 MB")
def _huge_python(project: Project) -> Odd:
    line = b"x = [1, 2, 3]\n"
    project.write({"odd.py": line * (_MEGABYTES_100 // len(line))})
    return Odd(("odd.py",), ("--file-timeout", "3"))


@builder("other file of 100 MB")
def _huge_other(project: Project) -> Odd:
    with open(project.root / "odd.bin", "wb") as stream:
        stream.truncate(_MEGABYTES_100)
    return Odd(("odd.bin",))


# ---- permissions


def _unprivileged(path: Path) -> tuple[str, ...]:
    """The command for somebody who may read only what the mode bits allow: the super-user may read everything."""
    if not os.access(path, os.R_OK):
        return COMMAND
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("run by the super-user, and there is no setpriv program to give up the right to read everything")
    powers = "-dac_override,-dac_read_search"
    command = (setpriv, f"--inh-caps={powers}", f"--bounding-set={powers}")
    probe = subprocess.run([*command, sys.executable, "-c", f"open({os.fspath(path)!r})"], stderr=subprocess.PIPE)
    if b"PermissionError" not in probe.stderr:
        pytest.skip("the super-user can not give up the right to read everything here")
    return (*command, *COMMAND)


@builder("unreadable file")
def _unreadable(project: Project) -> Odd:
    project.write({"odd.py": UNUSED_IMPORT, "odd.rst": "Odd\n===\n", "odd.yaml": "---\na: 1\n"})
    for suffix in ("py", "rst", "yaml"):
        (project.root / f"odd.{suffix}").chmod(0)
    return Odd(("odd.py", "odd.rst", "odd.yaml"), command=_unprivileged(project.root / "odd.py"))


@builder("unreadable folder with tracked files")
def _unreadable_folder(project: Project) -> Odd:
    project.write({"closed/odd.py": UNUSED_IMPORT}).commit()
    (project.root / "closed").chmod(0)
    return Odd(("closed/odd.py",), command=_unprivileged(project.root / "closed"))


@builder("unreadable folder that is untracked")
def _unreadable_untracked(project: Project) -> Odd:
    project.write({"closed/odd.py": UNUSED_IMPORT})
    (project.root / "closed").chmod(0)
    return Odd(("closed/odd.py",), command=_unprivileged(project.root / "closed"), named="closed")
