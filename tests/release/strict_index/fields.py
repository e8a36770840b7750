"""Checks the form's fields and the metadata in them (warehouse, `forklift/forms.py` and `forklift/metadata.py`)."""

from __future__ import annotations

import email.utils
import re
import typing
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from packaging.metadata import InvalidMetadata, Metadata, RawMetadata
from packaging.requirements import InvalidRequirement, Requirement

from tests.release.strict_index.form import Form
from tests.release.strict_index.replies import bad
from tests.release.strict_index.settings import Settings

METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
EXTENSIONS = {"sdist": (".zip", ".tar.gz"), "bdist_wheel": (".whl",)}

_SPECIFICATION = "https://packaging.python.org/specifications/core-metadata"
_LOCAL_VERSIONS = (
    "https://packaging.python.org/en/latest/specifications/version-specifiers/#local-version-identifiers"
)
_NAME = re.compile(r"([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])", re.IGNORECASE | re.ASCII)
_DIGEST = re.compile(r"[A-F0-9]{64}", re.IGNORECASE)
_FIRST = ("metadata-version", "name", "version")
"""Errors in these fields are told before all others, since those may follow from them."""
_FIRST_PARTS = (
    "Development Status", "Environment", "Framework", "Intended Audience", "License", "Natural Language",
    "Operating System", "Programming Language", "Topic", "Typing",
)
_DEPRECATED = {"Natural Language :: Ukranian": ["Natural Language :: Ukrainian"]}
_RENAMED = {
    "platform": "platforms", "supported_platform": "supported_platforms", "license_file": "license_files",
    "import_name": "import_names", "import_namespace": "import_namespaces",
}
_NOT_DYNAMIC = ("name", "version", "metadata-version", "dynamic")


def check_form(form: Form) -> None:
    """The fields that the upload itself needs.

    Raises:

        Refusal: The first that is wrong.
    """
    errors = dict(_field_errors(form)) or dict(_combination_errors(form))
    if not errors:
        return
    field = next((name for name in _FIRST if name in errors), min(errors))
    if not field:
        raise bad(f"Error: {errors[field]}")
    if field == "name":
        value = form.get(field)
        shown = f"{value[:30]}...{value[-30:]}" if len(value) > 60 else value
        raise bad(
            f"{shown!r} is an invalid value for Name. Error: {errors[field]} See {_SPECIFICATION} for more information."
        )
    raise bad(f"Invalid value for {field}. Error: {errors[field]}")


def _field_errors(form: Form) -> Iterator[tuple[str, str]]:
    for field in ("name", "filetype"):
        if not form.get(field):
            yield field, "This field is required."
    if form.get("name") and not _NAME.fullmatch(form.get("name")):
        yield "name", "Start and end with a letter or numeral containing only ASCII numeric and '.', '_' and '-'."
    if form.get("filetype") and form.get("filetype") not in EXTENSIONS:
        yield "filetype", "Use a known file type."
    for field, label in (("sha256_digest", "SHA256"), ("blake2_256_digest", "BLAKE2")):
        if form.get(field).strip() and not _DIGEST.fullmatch(form.get(field)):
            yield field, f"Use a valid, hex-encoded, {label} message digest."


def _combination_errors(form: Form) -> Iterator[tuple[str, str]]:
    sdist, python = form.get("filetype") == "sdist", form.get("pyversion")
    if not sdist and not python:
        yield "pyversion", "Python version is required for binary distribution uploads."
    elif sdist and python not in ("", "source"):
        yield "pyversion", "Use 'source' as Python version for an sdist."
    elif not any(form.get(f"{kind}_digest") for kind in ("md5", "sha256", "blake2_256")):
        yield "", "Include at least one message digest."


def check_metadata(form: Form, settings: Settings) -> Metadata:
    """The metadata in the form.

    Raises:

        Refusal: The first error of the most important field.
    """
    try:
        metadata = Metadata.from_raw(_raw(form))
    except ExceptionGroup as group:
        raise bad(_told([error for error in group.exceptions if isinstance(error, InvalidMetadata)])) from None
    errors = [InvalidMetadata(field, text) for rule in _RULES for field, text in rule(metadata, settings)]
    if errors:
        raise bad(_told(errors))
    return metadata


def _told(errors: Sequence[InvalidMetadata]) -> str:
    fields = {error.field for error in errors}
    field = next((name for name in _FIRST if name in fields), min(fields))
    texts = [str(error) for error in errors if error.field == field]
    see = _LOCAL_VERSIONS if field == "version" and any("local versions" in text for text in texts) else _SPECIFICATION
    return f"{texts[0]}{'' if texts[0].endswith('.') else '.'} See {see} for more information."


def _raw(form: Form) -> RawMetadata:
    kinds = typing.get_type_hints(RawMetadata)
    raw: dict[str, object] = {}
    for name, values in form.fields.items():
        key = _RENAMED.get(name, name)
        if key not in kinds or name in _RENAMED.values() or values == [""]:
            continue
        value = _VALUES.get(key, _text if kinds[key] == str else _list)(values)
        if value is None:
            raise ExceptionGroup("unparsed", [InvalidMetadata(name, f"{name!r} has invalid data")])
        raw[key] = value
    return typing.cast(RawMetadata, raw)


def _text(values: list[str]) -> object:
    return values[0] if len(values) == 1 else None


def _list(values: list[str]) -> object:
    return values


def _keywords(values: list[str]) -> object:
    return [word.strip() for word in values[0].split(",")] if len(values) == 1 else None


def _urls(values: list[str]) -> object:
    urls: dict[str, str] = {}
    for value in values:
        label, _, url = value.partition(",")
        urls[label.strip()] = url.strip()
    return urls if len(urls) == len(values) else None


_VALUES: dict[str, Callable[[list[str]], object]] = {"keywords": _keywords, "project_urls": _urls}


_Errors = Iterator[tuple[str, str]]


def _version_rule(metadata: Metadata, settings: Settings) -> _Errors:
    if metadata.metadata_version not in METADATA_VERSIONS:
        yield "metadata-version", f"{metadata.metadata_version!r} is not a valid metadata version"
    if metadata.version.local:
        yield "version", f"The use of local versions in '{metadata.version}' is not allowed."


def _summary_rule(metadata: Metadata, settings: Settings) -> _Errors:
    if len(metadata.summary or "") > 512:
        yield "summary", "'summary' field must be 512 characters or less."


def _address_rule(metadata: Metadata, settings: Settings) -> _Errors:
    for field, value in (("author-email", metadata.author_email), ("maintainer-email", metadata.maintainer_email)):
        address = email.utils.parseaddr(value or "")[1]
        if address and not re.fullmatch(r"[^@\s]+@[\w-]+(\.[\w-]+)+", address):
            yield field, f"{address!r} is not a valid email address: An email address must have an @-sign."


def _classifier_rule(metadata: Metadata, settings: Settings) -> _Errors:
    for classifier in sorted(set(metadata.classifiers or ())):
        if classifier in _DEPRECATED:
            text = f"has been deprecated, use one of {_DEPRECATED[classifier]} instead."
            yield "classifier", f"The classifier {classifier!r} {text}"
        elif not _known(classifier, settings):
            yield "classifier", f"{classifier!r} is not a valid classifier."


def _known(classifier: str, settings: Settings) -> bool:
    if settings.classifiers is not None:
        return classifier in settings.classifiers
    first, separator, rest = classifier.partition(" :: ")
    return first in _FIRST_PARTS and bool(separator and rest)


def _url_rule(metadata: Metadata, settings: Settings) -> _Errors:
    for field, url in (("home-page", metadata.home_page), ("download-url", metadata.download_url)):
        if url is not None and not _is_url(url):
            yield field, f"{url!r} is not a valid url."
    for label, url in (metadata.project_urls or {}).items():
        if not label:
            yield "project-url", "Must have a label"
        elif len(label) > 32:
            yield "project-url", f"{label!r} must be 32 characters or less."
        elif not url:
            yield "project-url", "Must have a URL"
        elif not _is_url(url):
            yield "project-url", f"{url!r} is not a valid url"


def _is_url(text: str) -> bool:
    try:
        return urlsplit(text).scheme in ("http", "https") and not re.search(r"\s", text)
    except ValueError:
        return False


def _dependency_rule(metadata: Metadata, settings: Settings) -> _Errors:
    for requirement in metadata.requires_dist or ():
        if requirement.url is not None:
            yield "requires-dist", f"Can't have direct dependency: {requirement}"
    for field, values in (("provides-dist", metadata.provides_dist), ("obsoletes-dist", metadata.obsoletes_dist)):
        for value in values or ():
            try:
                direct = Requirement(value).url is not None
            except InvalidRequirement as error:
                yield field, f"{value!r} is invalid: {error}"
            else:
                if direct:
                    yield field, f"Can't have direct dependency: {value!r}"


def _dynamic_rule(metadata: Metadata, settings: Settings) -> _Errors:
    for field in metadata.dynamic or ():
        if field.lower() in _NOT_DYNAMIC:
            yield "dynamic", f"Dynamic field {field!r} is not a valid dynamic field."


def _license_rule(metadata: Metadata, settings: Settings) -> _Errors:
    if metadata.license and metadata.license_expression:
        yield "license", (
            "License is deprecated when License-Expression is present. Only License-Expression should be present."
        )


_RULES: tuple[Callable[[Metadata, Settings], _Errors], ...] = (
    _version_rule, _summary_rule, _address_rule, _classifier_rule, _url_rule, _dependency_rule, _dynamic_rule,
    _license_rule,
)
