"""Checks what an archive says about itself (warehouse, `forklift/legacy.py`, `utils/wheel.py`), and attestations."""

from __future__ import annotations

import json

from packaging.metadata import Metadata, parse_email
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.release.strict_index import archives
from tests.release.strict_index.archives import Contents
from tests.release.strict_index.replies import bad
from tests.release.strict_index.settings import Settings, Token


def check_sdist(filename: str, contents: Contents, metadata: Metadata) -> None:
    """Licence files, and PKG-INFO against the form.

    Raises:

        Refusal: They do not fit.
    """
    _check_licenses(filename, contents, contents.top, metadata)
    _check_inside(contents, f"{contents.top}/PKG-INFO", metadata)


def check_wheel(filename: str, contents: Contents, metadata: Metadata) -> tuple[str, ...]:
    """Licence files, RECORD, entry points, METADATA and that against the form; gives what warehouse only warns of.

    Raises:

        Refusal: They do not fit.
    """
    folder = archives.dist_info(filename)
    _check_licenses(filename, contents, f"{folder}/licenses", metadata)
    difference = archives.record_difference(contents, folder)
    if difference is None:
        raise bad(f"Wheel '{filename}' does not contain the required RECORD file: {folder}/RECORD")
    if not archives.sound_entry_points(contents, folder):
        raise bad(f"Wheel '{filename}' has invalid entry points defined in the entry_points.txt file")
    if contents.read(f"{folder}/METADATA") is None:
        raise bad(f"Wheel '{filename}' does not contain the required METADATA file: {folder}/METADATA")
    _check_inside(contents, f"{folder}/METADATA", metadata)
    return (difference,) if difference else ()


def _check_licenses(filename: str, contents: Contents, folder: str, metadata: Metadata) -> None:
    for file in metadata.license_files or ():
        if f"{folder}/{file}" not in contents.names:
            raise bad(f"License-File {file} does not exist in distribution file {filename} at {folder}/{file}")


def _check_inside(contents: Contents, member: str, metadata: Metadata) -> None:
    """Stricter than warehouse, which believes the form."""
    raw, _ = parse_email(contents.read(member) or b"")
    name, version = raw.get("name", ""), raw.get("version", "")
    try:
        same = canonicalize_name(name) == canonicalize_name(metadata.name) and Version(version) == metadata.version
    except InvalidVersion:
        same = False
    if not same:
        raise bad(
            f"Invalid distribution file. {member} says {name!r} {version!r}, "
            f"the form {metadata.name!r} {str(metadata.version)!r}"
        )


def attestation_problem(text: str, token: Token, settings: Settings) -> str:
    """Why attestations (the form's field, a JSON array) are not taken; empty if they are."""
    if token.user is not None:
        return "Attestations are only supported when using Trusted Publishing"
    try:
        attestations = json.loads(text)
    except ValueError as error:
        return f"Malformed attestations: {error}"
    if not isinstance(attestations, list) or not attestations:
        return "Malformed attestations: an empty attestation set is not permitted"
    if len(attestations) > 2:
        return "A maximum of 2 attestations per file are supported"
    if not settings.accept_attestations:
        return "Could not verify the uploaded artifact using the included attestation: bundle is not valid"
    return ""
