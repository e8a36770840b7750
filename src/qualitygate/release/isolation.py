"""Keeps credentials out of every environment that foreign code can read.

A process's first environment can be read by its children (`/proc/PID/environ`) for as long as it lives. So the command
takes the credentials out, and executes itself again with an environment that never had them; they travel through
memory that only the new process has open, for a moment.

Uses the standard library alone: nothing else is to be imported while the environment still holds them.
"""

from __future__ import annotations

import ctypes
import fnmatch
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence

_HANDED = "QUALITYGATE_HANDED_OVER"
"""Number of the descriptor that the values are read from."""

_CREDENTIALS = (
    "PYPI_TEST_*", "PYPI_PROD_*", "TWINE_USERNAME", "TWINE_PASSWORD", "*_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_*",
    "CI_JOB_TOKEN", "UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD",
)
"""Read by the command: to be used, or to be looked for in what is published and to be hidden in what is printed."""

CHILDREN = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "XDG_*_HOME", "SYSTEMROOT",
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CONFIG_FILE",
    "PIP_CERT", "PIP_PROXY", "PIP_CONSTRAINT", "PIP_TIMEOUT", "PIP_RETRIES", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR",
    "TWINE_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SOURCE_DATE_EPOCH", "SETUPTOOLS_SCM_PRETEND_VERSION*", "CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS",
    "PKG_CONFIG_PATH", "ARCHFLAGS", "MACOSX_DEPLOYMENT_TARGET",
    "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED",
)
"""What programs that this command starts can see."""

_OWN = (
    *CHILDREN, "TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONSAFEPATH",
    "PYTHONWARNINGS", "PYTHONFAULTHANDLER", "QUALITYGATE_*", "XDG_*",
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_*", "GIT_CONFIG_VALUE_*",
    "CI", "GITLAB_CI", "CI_COMMIT_TAG", "CI_COMMIT_SHA", "CI_COMMIT_REF_NAME", "CI_COMMIT_REF_PROTECTED",
    "CI_PIPELINE_ID", "CI_PIPELINE_URL", "CI_JOB_ID", "CI_JOB_URL", "CI_JOB_NAME", "CI_PROJECT_PATH", "GITLAB_USER_ID",
    "GITHUB_ACTIONS", "GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_RUN_ID", "GITHUB_SHA", "GITHUB_REPOSITORY",
    "GITHUB_ACTOR_ID", "GITHUB_WORKFLOW",
)
"""What this command itself needs."""

_taken: dict[str, str] | None = None


def _some_of(environment: Mapping[str, str], patterns: Sequence[str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    }


def credentials() -> dict[str, str]:
    """Variables with credentials and what belongs to them, by name, as they were given to the command.

    The first call in a process that has them in its environment does not return: it executes the same command line
    anew, without them.

    Raises:

        OSError: The values can not be handed over.
    """
    global _taken
    if _taken is None:
        descriptor = os.environ.pop(_HANDED, "")
        if not descriptor:
            _execute_anew()
        _taken = _receive(int(descriptor))
        _close_to_inspection()
    return _taken


def _execute_anew() -> None:
    values = _some_of(os.environ, _CREDENTIALS)
    descriptor = _in_memory(json.dumps(values).encode())
    environment = _some_of(os.environ, _OWN)
    for name in values:
        environment.pop(name, None)
    environment[_HANDED] = str(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os.set_inheritable(descriptor, True)
    # The program is this one, its arguments are those of this process.
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # nosec B606


def _in_memory(data: bytes) -> int:
    """A descriptor from which *data* can be read once."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("credentials")
        os.write(descriptor, data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor
    if len(data) > 4096:  # POSIX's PIPE_BUF is smaller, every pipe's capacity is not
        raise OSError("the credentials' variables are too long for a pipe (4,096 bytes)")
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return reader


def _receive(descriptor: int) -> dict[str, str]:
    with open(descriptor, "rb") as stream:
        values: dict[str, str] = json.loads(stream.read())
    return values


def _close_to_inspection() -> None:
    """Let other processes of this user read neither memory nor open files of this one (prctl(2), PR_SET_DUMPABLE)."""
    if sys.platform == "linux":
        set_dumpable = 4
        ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0)


def child_environment(more: Mapping[str, str] | None = None, without: Sequence[str] = ()) -> dict[str, str]:
    """The environment of a program that this command starts.

    One variable for an authority's certificate is enough: the programs differ in which they read.

    Args:

        more: Variables for this program alone.

        without: Patterns of variables that this program must not see.
    """
    environment = _some_of(os.environ, CHILDREN)
    for name in _some_of(environment, without):
        del environment[name]
    own_authority = authority()
    if own_authority:
        for name in ("TWINE_CERT", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            environment.setdefault(name, own_authority)
    return {**environment, **(more or {})}


def authority() -> str:
    """File with the certificates of the authorities to trust, or empty for the usual ones."""
    named = ("TWINE_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE")
    return next((os.environ[name] for name in named if os.environ.get(name)), "")


def readable_ancestors(secrets: Iterable[str]) -> list[str]:
    """Programs above this one in whose environment a child of this one could read one of the *secrets*.

    What started this command may have exported them; that environment can not be changed from here. Linux only.
    """
    wanted = [os.fsencode(secret) for secret in secrets if secret]
    found: list[str] = []
    process = os.getppid()
    while process > 0 and wanted:
        try:
            with open(f"/proc/{process}/stat", "rb") as stream:
                name, _, rest = stream.read().rpartition(b")")
            with open(f"/proc/{process}/environ", "rb") as stream:
                environment = stream.read()
        except OSError:
            break
        if any(secret in environment for secret in wanted):
            found.append(os.fsdecode(name.partition(b"(")[2]))
        process = int(rest.split()[1])
    return found
