"""Tiny real projects, each a git repository with one commit and a version tag.

Those in `SAMPLES` build with what the Python world builds with. `TINY` needs nothing to be installed: it brings its
own backend along, and is the base of those that misbehave, which the functions below make.
"""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

_DATE = "2026-01-02T03:04:05+00:00"
_GIT_TIMEOUT = 60.0
"""Seconds."""

PYPIRC = "[distutils]\nindex-servers = internal\n\n[internal]\nusername = alice\npassword = not-for-you\n"
"""A file with credentials, as twine reads it."""
PRIVATE_KEY = "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n".format("PRIVATE KEY", "MC4CAQAwBQYDK2VwBCIEI" + "A" * 43)
"""Looks like a key in PEM form; it opens nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """A project that can be written to disk."""

    name: str
    """Of the sample; also of its repository's folder."""
    project: str
    """Name of the distribution, as its author spells it."""
    version: str
    """That its files must have inside."""
    module: str
    """What can be imported once it is installed."""
    files: Mapping[str, str]
    """Content by path in the repository."""
    tag: str
    """The version tag on the only commit."""
    tag_pattern: str = ""
    """The pattern of its tags, where it is not one of the usual two."""
    other_tags: tuple[str, ...] = ()
    """Tags of something else on the same commit."""
    folder: str = "."
    """Of the project, in the repository."""

    @property
    def stem(self) -> str:
        """Begin of its files' names by PEP 625 and PEP 427."""
        return f"{re.sub(r'[-_.]+', '_', self.project).lower()}-{self.version}"

    @property
    def sdist(self) -> str:
        """Name of its source distribution."""
        return f"{self.stem}.tar.gz"

    @property
    def wheel(self) -> str:
        """Name of its wheel."""
        return f"{self.stem}-py3-none-any.whl"


def write(sample: Sample, place: Path) -> Path:
    """Write a sample and put it under git; two calls make the same commit.

    Args:

        place: Folder in which the repository's folder is made; it must not be there yet.

    Returns:

        Folder of the project.
    """
    top = place / sample.name
    top.mkdir(parents=True)
    for name, content in sample.files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    git(top, "init", "-q", "-b", "main")
    git(top, "add", "-A", "-f")
    git(top, "commit", "-q", "-m", "A sample")
    for tag in (sample.tag, *sample.other_tags):
        git(top, "tag", "-a", "-m", tag, tag)
    return top / sample.folder


def git(folder: Path, *args: str) -> str:
    """Run git in *folder*, with an identity, a fixed date, and none of the user's settings; gives its output."""
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    settings = ("-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false", "-c", "core.autocrlf=false")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    dates = {"GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE}
    command = ["git", *identity, *settings, *args]
    return subprocess.run(
        command, cwd=folder, env={**kept, **fixed, **dates}, stdout=subprocess.PIPE, text=True, check=True,
        timeout=_GIT_TIMEOUT,
    ).stdout


def _module(version: str = "") -> str:
    line = f'\n__version__ = "{version}"\n' if version else ""
    return dedent('''\
        """A sample for tests."""
        @LINE@

        def greeting(name):
            """Say hello."""
            return f"Hello {name}"
        ''').replace("@LINE@\n", f"{line}\n")


def _common(project: str, readme: str = "README.md") -> dict[str, str]:
    """The files that every project has."""
    title = f"# {project}\n" if readme.endswith(".md") else f"{project}\n{'=' * len(project)}\n"
    return {
        readme: f"{title}\nA sample for tests.\n",
        "LICENSE": "MIT License\n\nCopyright (c) 2026 Tester\n",
        ".gitignore": "*.egg-info/\n.pdm-build/\n__pycache__/\nbuild/\ndist/\n",
    }


def _table(
    project: str, version: str, *, readme: str = "README.md", dynamic: str = '"version"', classifiers: str = ""
) -> str:
    """The `[project]` table of `pyproject.toml`; without *version*, what is *dynamic* is found elsewhere."""
    lines = [
        "[project]",
        f'name = "{project}"',
        f'version = "{version}"' if version else f"dynamic = [{dynamic}]",
        *([] if "description" in dynamic and not version else ['description = "A sample for tests"']),
        f'readme = "{readme}"',
        'license = "MIT"',
        'license-files = ["LICENSE"]',
        'requires-python = ">=3.11"',
        'authors = [{name = "Tester", email = "tester@example.org"}]',
        f'classifiers = ["Programming Language :: Python :: 3"{classifiers}]',
    ]
    return "\n".join(lines) + "\n"


def _built_by(backend: str, *requires: str, path: str = "") -> str:
    """The `[build-system]` table."""
    needed = ", ".join(f'"{one}"' for one in requires)
    more = f'backend-path = ["{path}"]\n' if path else ""
    return f'[build-system]\nrequires = [{needed}]\nbuild-backend = "{backend}"\n{more}\n'


SETUPTOOLS = Sample(
    name="setuptools",
    project="qg-demo-setuptools",
    version="1.2.3",
    module="qg_demo_setuptools",
    tag="v1.2.3",
    files={
        **_common("qg-demo-setuptools", "README.rst"),
        "pyproject.toml": _built_by("setuptools.build_meta", "setuptools>=77")
        + _table("qg-demo-setuptools", "1.2.3", readme="README.rst"),
        "src/qg_demo_setuptools/__init__.py": _module(),
    },
)

SETUP_PY = Sample(
    name="setup-py",
    project="qg-demo-setup-py",
    version="0.3.0",
    module="qg_demo_setup_py",
    tag="0.3.0",
    files={
        **_common("qg-demo-setup-py"),
        "setup.py": dedent('''\
            """Builds the sample."""

            import pathlib

            import setuptools

            setuptools.setup(
                name="qg-demo-setup-py",
                version="0.3.0",
                description="A sample for tests",
                long_description=pathlib.Path("README.md").read_text(encoding="utf-8"),
                long_description_content_type="text/markdown",
                license="MIT",
                license_files=["LICENSE"],
                author="Tester",
                author_email="tester@example.org",
                python_requires=">=3.11",
                packages=["qg_demo_setup_py"],
            )
            '''),
        "qg_demo_setup_py/__init__.py": _module(),
    },
)

HATCHLING = Sample(
    name="hatchling",
    project="qg-demo-hatchling",
    version="1.2.3",
    module="qg_demo_hatchling",
    tag="v1.2.3",
    files={
        **_common("qg-demo-hatchling"),
        "pyproject.toml": _built_by("hatchling.build", "hatchling>=1.27") + _table("qg-demo-hatchling", "1.2.3"),
        "src/qg_demo_hatchling/__init__.py": _module(),
    },
)

FLIT = Sample(
    name="flit",
    project="qg_demo_flit",
    version="2.0rc1",
    module="qg_demo_flit",
    tag="v2.0rc1",
    files={
        **_common("qg_demo_flit", "README.rst"),
        # Version and summary are read from the module.
        "pyproject.toml": _built_by("flit_core.buildapi", "flit_core>=3.12,<5")
        + _table("qg_demo_flit", "", readme="README.rst", dynamic='"version", "description"'),
        "qg_demo_flit/__init__.py": _module("2.0rc1"),
    },
)

POETRY = Sample(
    name="poetry",
    project="qg-demo-poetry",
    version="1.2.3",
    module="qg_demo_poetry",
    tag="v1.2.3",
    files={
        **_common("qg-demo-poetry"),
        "pyproject.toml": _built_by("poetry.core.masonry.api", "poetry-core>=2.2") + _table("qg-demo-poetry", "1.2.3"),
        "qg_demo_poetry/__init__.py": _module(),
    },
)

PDM = Sample(
    name="pdm",
    project="qg-demo-pdm",
    version="1.2.3",
    module="qg_demo_pdm",
    tag="v1.2.3",
    files={
        **_common("qg-demo-pdm"),
        "pyproject.toml": _built_by("pdm.backend", "pdm-backend>=2.4") + _table("qg-demo-pdm", "1.2.3"),
        "src/qg_demo_pdm/__init__.py": _module(),
    },
)

SETUPTOOLS_SCM = Sample(
    name="setuptools-scm",
    project="qg-demo-scm",
    version="1.4.0",
    module="qg_demo_scm",
    tag="v1.4.0",
    files={
        **_common("qg-demo-scm"),
        "pyproject.toml": _built_by("setuptools.build_meta", "setuptools>=77", "setuptools-scm>=8")
        + _table("qg-demo-scm", "")
        + "\n[tool.setuptools_scm]\n",
        "src/qg_demo_scm/__init__.py": _module(),
    },
)

HATCH_VCS = Sample(
    name="hatch-vcs",
    project="qg-demo-vcs",
    version="1.5.0",
    module="qg_demo_vcs",
    tag="1.5.0",
    files={
        **_common("qg-demo-vcs"),
        "pyproject.toml": _built_by("hatchling.build", "hatchling>=1.27", "hatch-vcs>=0.4")
        + _table("qg-demo-vcs", "")
        + '\n[tool.hatch.version]\nsource = "vcs"\n',
        "qg_demo_vcs/__init__.py": _module(),
    },
)

MONOREPO = Sample(
    name="monorepo",
    project="pkg-a",
    version="1.2.3",
    module="pkg_a",
    tag="pkg-a-v1.2.3",
    tag_pattern="pkg-a-v{version}",
    other_tags=("pkg-b-v9.0",),
    folder="packages/a",
    files={
        **_common("two-packages"),
        **{f"packages/a/{name}": content for name, content in _common("pkg-a").items()},
        "packages/a/pyproject.toml": _built_by("setuptools.build_meta", "setuptools>=77", "setuptools-scm>=8")
        + _table("pkg-a", "")
        + dedent("""
            [tool.setuptools_scm]
            root = "../.."
            tag_regex = "^pkg-a-v(?P<version>.+)$"
            git_describe_command = ["git", "describe", "--dirty", "--tags", "--long", "--match", "pkg-a-v*"]
            """),
        "packages/a/src/pkg_a/__init__.py": _module(),
        **{f"packages/b/{name}": content for name, content in _common("pkg-b").items()},
        "packages/b/pyproject.toml": _built_by("hatchling.build", "hatchling>=1.27") + _table("pkg-b", "9.0"),
        "packages/b/src/pkg_b/__init__.py": _module(),
    },
)

ODD_NAME = Sample(
    name="odd-name",
    project="QG.Demo--Pkg",
    version="1.2.3",
    module="qg_demo",
    tag="v1.2.3",
    files={
        **_common("QG.Demo--Pkg"),
        "pyproject.toml": _built_by("hatchling.build", "hatchling>=1.27")
        + _table("QG.Demo--Pkg", "1.2.3")
        + '\n[tool.hatch.build.targets.wheel]\npackages = ["src/qg_demo"]\n',
        "src/qg_demo/__init__.py": _module(),
    },
)

SAMPLES = (
    SETUPTOOLS, SETUP_PY, HATCHLING, FLIT, POETRY, PDM, SETUPTOOLS_SCM, HATCH_VCS, MONOREPO, ODD_NAME,
)  # fmt: skip
"""Projects with which everything is well."""

_BACKEND = '''\
"""A build backend that needs nothing to be installed."""

import base64
import hashlib
import io
import pathlib
import tarfile
import tomllib
import zipfile
@IMPORTS@
PROJECT = tomllib.loads(pathlib.Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = PROJECT["name"].lower().replace("-", "_")
SDIST_VERSION = PROJECT["version"]
WHEEL_VERSION = @WHEEL_VERSION@
SKIPPED = {".git", "__pycache__", "dist"}


def before(kind):
    """Come before everything else."""
    @BEFORE@


def metadata(version):
    """Write the core metadata."""
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {PROJECT['name']}",
        f"Version: {version}",
        f"Summary: {PROJECT['description']}",
        f"License-Expression: {PROJECT['license']}",
        *(f"License-File: {name}" for name in PROJECT["license-files"]),
        f"Requires-Python: {PROJECT['requires-python']}",
        *(f"Classifier: {name}" for name in PROJECT["classifiers"]),
        "Description-Content-Type: text/markdown",
    ]
    readme = pathlib.Path(PROJECT["readme"]).read_text(encoding="utf-8")
    return ("\\n".join(lines) + "\\n\\n" + readme).encode()


def wanted(path):
    """Tell whether a path belongs into the archive."""
    return path.is_file() and SKIPPED.isdisjoint(path.parts)


def build_sdist(sdist_directory, config_settings=None):
    """Put every file of the folder into an archive."""
    before("sdist")
    top = f"{NAME}-{SDIST_VERSION}"
    files = {path.as_posix(): path.read_bytes() for path in sorted(pathlib.Path().rglob("*")) if wanted(path)}
    files["PKG-INFO"] = metadata(SDIST_VERSION)
    with tarfile.open(pathlib.Path(sdist_directory, f"{top}.tar.gz"), "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return f"{top}.tar.gz"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Put what is in `src` into a wheel."""
    before("wheel")
    info = f"{NAME}-{WHEEL_VERSION}.dist-info"
    source = pathlib.Path("src")
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in sorted(source.rglob("*.py"))}
    files[f"{info}/licenses/LICENSE"] = pathlib.Path("LICENSE").read_bytes()
    files[f"{info}/METADATA"] = metadata(WHEEL_VERSION)
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: sample\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/RECORD"] = record(files, info)
    with zipfile.ZipFile(pathlib.Path(wheel_directory, f"{NAME}-{WHEEL_VERSION}-py3-none-any.whl"), "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return f"{NAME}-{WHEEL_VERSION}-py3-none-any.whl"


def record(files, info):
    """List the files of a wheel with their digests."""
    lines = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(data)}")
    return "\\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
'''

_SPY = '''\
"""Notes what the environments of this process and of all its ancestors hold."""

import os
import pathlib

FOUND = @FOUND@


def ancestors():
    """Give the id of this process, of its parent, and so on."""
    pid = os.getpid()
    while pid > 0:
        yield pid
        status = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        pid = int(status.rpartition(")")[2].split()[1])


def content(path):
    """Read a file, or say why not."""
    try:
        return path.read_bytes()
    except OSError as error:
        return repr(error).encode()


def spy(occasion):
    """Write everything into one new file."""
    noted = []
    for pid in ancestors():
        for name in ("environ", "cmdline"):
            data = content(pathlib.Path(f"/proc/{pid}/{name}"))
            noted.append(b"== %d %s: %d bytes ==\\n%s\\n" % (pid, name.encode(), len(data), data))
    pathlib.Path(FOUND, f"{occasion}-{os.getpid()}").write_bytes(b"".join(noted))
'''


def _tiny(
    name: str,
    *,
    before: str = "",
    imports: str = "",
    wheel_version: str = "SDIST_VERSION",
    classifiers: str = "",
    files: Mapping[str, str] | None = None,
) -> Sample:
    """A project with a backend of its own.

    Args:

        before: A statement that runs before either build; `kind` is `sdist` or `wheel`.

        imports: Names of modules that it needs.

        wheel_version: The wheel's version as an expression.

        files: Further files, or others in place of the usual ones.
    """
    project, module = f"qg-{name}", f"qg_{name.replace('-', '_')}"
    backend = _BACKEND.replace("\n@IMPORTS@\n", f"\n{imports}\n").replace("@WHEEL_VERSION@", wheel_version)
    backend = backend.replace("\n    @BEFORE@", f"\n    {before}" if before else "")
    return Sample(
        name=name,
        project=project,
        version="1.2.3",
        module=module,
        tag="v1.2.3",
        files={
            **_common(project),
            "pyproject.toml": _built_by("sample_backend", path="backend")
            + _table(project, "1.2.3", classifiers=classifiers),
            "backend/sample_backend.py": backend,
            f"src/{module}/__init__.py": _module(),
            **(files or {}),
        },
    )


TINY = _tiny("tiny")
"""Everything is well, and nothing has to be installed to build it: quick with and without isolation."""

PRIVATE = _tiny("private", classifiers=', "Private :: Do Not Upload"')
"""Must never go to the public index."""

LYING = _tiny("lying", wheel_version='"9.9.9"')
"""The wheel has another version than the sdist."""

FAILING = _tiny("failing", before='raise RuntimeError(f"no {kind} today")')
"""Says `no sdist today` and fails."""


def _path(path: Path) -> str:
    """An expression for *path*. It is spelled in digits, since bandit (B108) frowns at folders for temporary files."""
    return f'bytes.fromhex("{os.fsencode(path).hex()}").decode()'


def spying(found: Path) -> Sample:
    """A project whose backend, and whose module when it is imported, read the environment of all their ancestors.

    Args:

        found: An existing folder, into which each of them writes a file, named `sdist-PID`, `wheel-PID` or
            `import-PID`: all bytes of `environ` and `cmdline`, each after a line `== PID environ: N bytes ==`.
    """
    spy = _SPY.replace("@FOUND@", _path(found))
    return _tiny(
        "spying",
        imports="\nimport spy\n",
        before="spy.spy(kind)",
        files={"backend/spy.py": spy, "src/qg_spying/__init__.py": f'{spy}\n\nspy("import")\n'},
    )


def leaking(name: str, content: str) -> Sample:
    """A project whose sdist contains a file that it should not: a secret, `PYPIRC`, `PRIVATE_KEY`.

    Args:

        name: Of the file, in the project's folder.
    """
    return _tiny("leaking", files={name: content})


def endless(started: Path) -> Sample:
    """A project whose build never ends.

    Args:

        started: The file into which the backend writes its process id before it goes to sleep for ever.
    """
    return _tiny(
        "endless",
        imports="\nimport sleeper\n",
        before="sleeper.sleep()",
        files={
            "backend/sleeper.py": dedent(f'''\
                """Never comes to an end."""

                import os
                import pathlib
                import time


                def sleep():
                    """Say who sleeps, and sleep."""
                    pathlib.Path({_path(started)}).write_text(str(os.getpid()), encoding="utf-8")
                    while True:
                        time.sleep(3600)
                ''')
        },
    )
