"""Sound tiny distributions, made in memory: the same arguments give the same bytes."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Collection, Mapping, Sequence

from packaging.utils import canonicalize_name
from packaging.version import Version

_DATE = (1980, 1, 1, 0, 0, 0)


def sample_wheel(
    name: str = "demo",
    version: str = "1.0",
    *,
    filename: str = "",
    tag: str = "py3-none-any",
    metadata_version: str = "2.1",
    inner_name: str = "",
    inner_version: str = "",
    headers: Sequence[tuple[str, str]] = (),
    description: str = "A sample.\n",
    extra: Mapping[str, bytes] | None = None,
    without: Collection[str] = (),
    compression: int = zipfile.ZIP_DEFLATED,
) -> tuple[str, bytes]:
    """A wheel: file name and bytes.

    Args:

        filename: Another file name than that of `name`, `version` and `tag`; the inside stays.

        inner_name: What METADATA says, if not `name`.

        inner_version: What METADATA says, if not `version`.

        headers: More fields of METADATA.

        description: Its text, in Markdown.

        extra: More members; `{dist_info}` in a path is the folder of metadata. They are in RECORD.

        without: Members of the folder of metadata to leave out: `METADATA`, `WHEEL`, `RECORD`.

        compression: A constant of `zipfile`.
    """
    stem, folder = _stem(name, version), f"{_stem(name, version)}.dist-info"
    wheel = f"Wheel-Version: 1.0\nGenerator: samples (1.0)\nRoot-Is-Purelib: true\nTag: {tag}\n"
    inside = _metadata(inner_name or name, inner_version or version, metadata_version, headers, description)
    members = {f"{_escaped(name)}/__init__.py": _module(version)}
    members |= {path.replace("{dist_info}", folder): data for path, data in (extra or {}).items()}
    members |= {f"{folder}/METADATA": inside, f"{folder}/WHEEL": wheel.encode()}
    members = {path: data for path, data in members.items() if path.removeprefix(f"{folder}/") not in without}
    if "RECORD" not in without:
        members[f"{folder}/RECORD"] = _record(members, f"{folder}/RECORD")
    return filename or f"{stem}-{tag}.whl", zipped(members, compression)


def sample_sdist(
    name: str = "demo",
    version: str = "1.0",
    *,
    filename: str = "",
    metadata_version: str = "2.1",
    inner_name: str = "",
    inner_version: str = "",
    headers: Sequence[tuple[str, str]] = (),
    description: str = "A sample.\n",
    extra: Mapping[str, bytes] | None = None,
    without: Collection[str] = (),
    top: str = "",
    suffix: str = ".tar.gz",
) -> tuple[str, bytes]:
    """A source distribution: file name and bytes. It can be built with setuptools.

    Args:

        filename: Another file name than that of `name` and `version`; the inside stays.

        inner_name: What PKG-INFO says, if not `name`.

        inner_version: What PKG-INFO says, if not `version`.

        headers: More fields of PKG-INFO.

        description: Its text, in Markdown.

        extra: More members, with the whole path; `{top}` is the top folder.

        without: Members of the top folder to leave out, such as `PKG-INFO`.

        top: Another top folder than `NAME-VERSION`.

        suffix: `.tar.gz` or `.zip`.
    """
    stem = _stem(name, version)
    top = top or stem
    inside = _metadata(inner_name or name, inner_version or version, metadata_version, headers, description)
    project = f'[project]\nname = "{name}"\nversion = "{version}"\n'
    build = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    members = {
        f"{top}/PKG-INFO": inside,
        f"{top}/pyproject.toml": f"{build}\n{project}".encode(),
        f"{top}/{_escaped(name)}/__init__.py": _module(version),
    }
    members |= {path.replace("{top}", top): data for path, data in (extra or {}).items()}
    members = {path: data for path, data in members.items() if path.removeprefix(f"{top}/") not in without}
    return filename or f"{stem}{suffix}", zipped(members) if suffix == ".zip" else tarred(members)


def sample_release(name: str = "demo", version: str = "1.0") -> dict[str, bytes]:
    """A wheel and its source distribution, by file name."""
    return dict([sample_wheel(name, version), sample_sdist(name, version)])


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, data in members.items():
            entry = zipfile.ZipInfo(path, _DATE)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = compression
            archive.writestr(entry, data)
    return stream.getvalue()


def tarred(members: Mapping[str, bytes]) -> bytes:
    """A tar archive, compressed with gzip."""
    stream = io.BytesIO()
    with gzip.GzipFile("", "wb", mtime=0, fileobj=stream) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path, data in members.items():
                entry = tarfile.TarInfo(path)
                entry.size, entry.mode = len(data), 0o644
                archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def _escaped(name: str) -> str:
    return canonicalize_name(name).replace("-", "_")


def _stem(name: str, version: str) -> str:
    return f"{_escaped(name)}-{Version(version)}"


def _module(version: str) -> bytes:
    return f'"""A sample."""\n\n__version__ = "{version}"\n'.encode()


def _metadata(
    name: str, version: str, metadata_version: str, headers: Sequence[tuple[str, str]], description: str
) -> bytes:
    fields = [("Metadata-Version", metadata_version), ("Name", name), ("Version", version), ("Summary", "A sample")]
    fields += [*headers, ("Description-Content-Type", "text/markdown")]
    return ("".join(f"{key}: {value}\n" for key, value in fields) + f"\n{description}").encode()


def _record(members: Mapping[str, bytes], own: str) -> bytes:
    def digest(data: bytes) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()

    lines = [f"{path},sha256={digest(data)},{len(data)}" for path, data in members.items()]
    return "".join(f"{line}\n" for line in (*lines, f"{own},,")).encode()
