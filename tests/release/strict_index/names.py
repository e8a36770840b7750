"""Rules for file names (PEP 427, PEP 625; warehouse, `forklift/legacy.py`)."""

from __future__ import annotations

import re

from packaging.metadata import Metadata
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from tests.release.strict_index.fields import EXTENSIONS
from tests.release.strict_index.replies import bad

_LINUX = "x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64"
_MAC = "ppc|ppc64|i386|x86_64|arm64|intel|fat|fat3|fat64|universal|universal2"
_PLATFORM = re.compile(
    "|".join(
        (
            "any|win32|win_arm64|win_amd64|win_ia64|linux_armv6l|linux_armv7l",
            "manylinux(1|2010)_(x86_64|i686)",
            "manylinux2014_(x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x)",
            rf"manylinux_\d+_\d+_({_LINUX}|ppc64)",
            rf"musllinux_\d+_\d+_({_LINUX})",
            rf"macosx_10_\d+_({_MAC})",
            rf"macosx_(11|12|13|14|15|26)_0_({_MAC})",
            r"ios_\d+_\d+_(arm64|x86_64)_(iphoneos|iphonesimulator)",
            r"android_\d+_(armeabi_v7a|arm64_v8a|x86|x86_64)",
            r"pyemscripten_\d+_\d+_wasm32",
        )
    )
)
_PEP_527 = "https://www.python.org/dev/peps/pep-0527"


def check_characters(filename: str, filetype: str) -> None:
    """What no file name may hold, and how it must end.

    Raises:

        Refusal: It does not do.
    """
    if re.search(r"[\x00-\x1f\x7f]", filename):
        raise bad(
            "Cannot upload a file with non-printable characters (ordinals 0-31) or the DEL character (ordinal 127) in "
            "the name."
        )
    if "/" in filename or "\\" in filename:
        raise bad("Cannot upload a file with '/' or '\\' in the name.")
    match = re.fullmatch(r".+?(\.(?:tar\.gz|zip|whl))", filename, re.IGNORECASE)
    if match is None:
        raise bad(
            f"Invalid file extension: Use .tar.gz, .whl or .zip extension. See {_PEP_527} and "
            "https://peps.python.org/pep-0715/ for more information"
        )
    if match[1] not in EXTENSIONS[filetype]:
        raise bad(
            f"Invalid file extension: Extension {match[1]} is invalid for filetype {filetype}. See {_PEP_527} for more "
            "information."
        )


def check_sdist(filename: str, project: str, metadata: Metadata) -> None:
    """The name of a source distribution.

    Args:

        project: The project's name as displayed.

    Raises:

        Refusal: It is not the one name that PEP 625 allows.
    """
    try:
        name, _ = parse_sdist_filename(filename)
    except InvalidSdistFilename:
        raise bad(f"Invalid source distribution filename: {filename}") from None
    normal = canonicalize_name(project)
    escaped = normal.replace("-", "_")
    if name != normal:
        raise bad(f"Start filename for {project!r} with {escaped!r}.")
    expected = f"{escaped}-{metadata.version}.tar.gz"
    if filename != expected:
        raise bad(f"Filename {filename!r} is invalid, should be {expected!r}.")


def check_wheel(filename: str, project: str, metadata: Metadata) -> None:
    """The name of a wheel.

    Args:

        project: The project's name as displayed.

    Raises:

        Refusal: It is not well formed, not for a platform that is taken, or of another project or version.
    """
    try:
        name, version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise bad(str(error)) from None
    for platform in sorted(tag.platform for tag in tags):
        if not _PLATFORM.fullmatch(platform):
            raise bad(f"Binary wheel '{filename}' has an unsupported platform tag '{platform}'.")
    escaped = canonicalize_name(metadata.name).replace("-", "_")
    if canonicalize_name(metadata.name) != name:
        raise bad(f"Start filename for {project!r} with {escaped!r}.")
    written = filename.partition("-")[0]
    if written != escaped:
        raise bad(
            f"Filename {filename!r} should contain the normalized project name {escaped!r}, not {written!r}."
        )
    if metadata.version != version:
        raise bad(f"Version in filename should be {str(metadata.version)!r} not {str(version)!r}.")
