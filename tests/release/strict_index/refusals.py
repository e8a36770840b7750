"""Uploads that the public index refuses: each with the text that it answers (warehouse, August 2026).

The rows in which the archive and the form disagree (`other-name-inside`, `other-version-inside`) are this index's own.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

from tests.release.strict_index.samples import sample_sdist, sample_wheel, tarred, zipped
from tests.release.strict_index.server import StrictIndex
from tests.release.strict_index.settings import Token

File = tuple[str, bytes]
SECRET = "pypi-secret"  # nosec B105 - of a test's index
WHEEL, WHEEL_DATA = sample_wheel()
SDIST, SDIST_DATA = sample_sdist()


@dataclasses.dataclass(frozen=True)
class Row:
    """An upload that is refused."""

    claim: str
    """Short, for the name of a test."""
    text: str
    """How the reason begins."""
    file: File | Callable[[], File] = (WHEEL, WHEEL_DATA)
    status: int = 400
    form: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Further arguments of `by_hand.send`."""
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Arguments of `StrictIndex`."""
    before: tuple[File, ...] = ()
    """What is uploaded earlier."""
    prepare: Callable[[StrictIndex], None] = lambda index: None
    """What happens after that."""


def _own(**changes: Any) -> dict[str, Any]:
    return {"tokens": [Token(SECRET, **changes)]}


def _sparse() -> bytes:
    data = tarred({"demo-1.0/PKG-INFO": b"x", "demo-1.0/hole": b"y"})
    stream = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=stream, mode="w:gz") as new:
        for member in old:
            if member.name.endswith("hole"):
                member.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.size": "9", "GNU.sparse.map": "0,1"}
            new.addfile(member, old.extractfile(member))
    return stream.getvalue()


def _twice() -> bytes:
    stream = io.BytesIO(WHEEL_DATA)
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a") as archive:
        warnings.simplefilter("ignore")  # of zipfile, about just that
        archive.writestr("demo/__init__.py", "other")
    return stream.getvalue()


class _Pipe(io.RawIOBase):
    """Can not seek, so that `zipfile` writes data descriptors."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def _streamed() -> bytes:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive, zipfile.ZipFile(io.BytesIO(WHEEL_DATA)) as old:
        for name in old.namelist():
            archive.writestr(name, old.read(name))
    return bytes(pipe.data)


def _bomb() -> File:
    return sample_wheel(extra={"demo/zeros": bytes(65 * 1024 * 1024)})


def _cut() -> bytes:
    noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(200))
    return sample_sdist(extra={"{top}/noise": noise})[1][:-99]


LICENSED = [("License-File", "LICENSE")]
LICENSE_FORM = {"metadata_version": "2.4", "license_file": ["LICENSE"]}

ROWS = [
    # Account, before the form
    Row("read-only", "Read-only mode: Uploads are temporarily disabled.", status=403, settings={"read_only": True}),
    Row("disabled", "New uploads are temporarily disabled. See ", status=403, settings={"uploads_disabled": True}),
    Row("user-name", "Username/Password authentication is no longer supported. Migrate to API Tokens or Trusted "
        "Publishers instead. See ", status=403, form={"user": "alice"}),
    Row("wrong-token", "Invalid or non-existent authentication information. See ", status=403, form={"secret": "x"}),
    Row("no-token", "Invalid or non-existent authentication information.", status=403, form={"authorization": ""}),
    Row("no-base64", "Invalid or non-existent authentication", status=403, form={"authorization": "Basic ä%%"}),
    Row("other-scheme", "Invalid or non-existent authentication", status=403, form={"authorization": "Digest x"}),
    # Form
    Row("old-action", "Project pre-registration is no longer required or supported", status=410,
        form={"action": "submit"}),
    Row("documentation", "Uploading documentation is no longer supported", status=410, form={"action": "doc_upload"}),
    Row("no-action", "Method Not Allowed", status=405, form={"action": None}),
    Row("protocol", "Unknown protocol version.", form={"protocol_version": "2"}),
    Row("no-name", "'' is an invalid value for Name. Error: This field is required. See ", form={"name": None}),
    Row("bad-name", "'-demo' is an invalid value for Name. Error: Start and end with a letter or numeral",
        form={"name": "-demo"}),
    Row("unknown-name", "'' is an invalid value for Name.", form={"name": "UNKNOWN"}),
    Row("filetype", "Invalid value for filetype. Error: Use a known file type.", form={"filetype": "bdist_egg"}),
    Row("pyversion", "Invalid value for pyversion. Error: Python version is required", form={"pyversion": ""}),
    Row("pyversion-of-sdist", "Invalid value for pyversion. Error: Use 'source' as", (SDIST, SDIST_DATA),
        form={"pyversion": "py3"}),
    Row("no-digest", "Error: Include at least one message digest.",
        form={"sha256_digest": None, "blake2_256_digest": None}),
    Row("digest-no-hex", "Invalid value for sha256_digest. Error: Use a valid, hex-encoded, SHA256 message digest.",
        form={"sha256_digest": "00"}),
    # Metadata
    Row("no-version", "'version' is a required field. See ", form={"version": None}),
    Row("bad-version", "'one' is invalid for 'version'. See ", form={"version": "one"}),
    Row("metadata-2.0", "'2.0' is not a valid metadata version. See ", form={"metadata_version": "2.0"}),
    Row("metadata-2.6", "'2.6' is not a valid metadata version. See ", form={"metadata_version": "2.6"}),
    Row("metadata-1.3", "'1.3' is not a valid metadata version", form={"metadata_version": "1.3"}),
    Row("local-version", "The use of local versions in '1.0+here' is not allowed. See https://packaging.python.org/en/"
        "latest/specifications/version-specifiers/", sample_wheel(version="1.0+here"), form={"version": "1.0+here"}),
    Row("summary", "'summary' field must be 512 characters or less. See ", form={"summary": "x" * 513}),
    Row("two-summaries", "'summary' has invalid data. See ", form={"summary": ["a", "b"]}),
    Row("e-mail", "'nobody' is not a valid email address: ", form={"author_email": "nobody"}),
    Row("classifier", "'Private :: Do Not Upload' is not a valid classifier. See ",
        form={"classifiers": ["Private :: Do Not Upload"]}),
    Row("old-classifier", "The classifier 'Natural Language :: Ukranian' has been deprecated, use one of ",
        form={"classifiers": ["Natural Language :: Ukranian"]}),
    Row("classifier-of-a-list", "'Typing :: Typed' is not a valid classifier.",
        form={"classifiers": ["Typing :: Typed"]}, settings={"classifiers": ["Topic :: Utilities"]}),
    Row("home-page", "'here' is not a valid url. See ", form={"home_page": "here"}),
    Row("project-url", "'ftp://x' is not a valid url. See ", form={"project_urls": ["Home, ftp://x"]}),
    Row("url-label", f"{'x' * 33!r} must be 32 characters or less.", form={"project_urls": ["x" * 33 + ", http://x"]}),
    Row("direct-dependency", "Can't have direct dependency: a",
        form={"requires_dist": ["a @ http://x/a.zip"]}),
    Row("bad-dependency", "'a b' is invalid for 'requires-dist'. See ", form={"requires_dist": ["a b"]}),
    Row("dynamic-name", "'name' is not allowed as a dynamic field.",
        form={"metadata_version": "2.2", "dynamic": ["Name"]}),
    Row("two-licenses", "License is deprecated when License-Expression is present.",
        form={"metadata_version": "2.4", "license": "MIT", "license_expression": "MIT"}),
    # Project and account
    Row("new-projects", "Too many new projects created", status=429, settings={"new_project_limit": 0}),
    Row("third-new-project", "Too many new projects created", status=429, settings={"new_project_limit": 2},
        before=(sample_wheel("one"), sample_wheel("two"))),
    Row("prohibited", "The name 'demo' isn't allowed. See ", settings={"prohibited": ["Demo"]}),
    Row("not-mine", "The user 'alice' isn't allowed to upload to project 'Demo'. See ", status=403,
        settings={"projects": {"Demo": "bob"}}),
    Row("scope", "Invalid API Token: project-scoped token is not valid for project: 'demo'", status=403,
        settings=_own(projects=["other"])),
    Row("expired", "Invalid API Token: token is expired", status=403, settings=_own(expired=True)),
    Row("publisher-new", "Non-user identities cannot create new projects.", settings=_own(user=None, projects=["x"])),
    Row("publisher-scope", "Invalid API Token: OIDC scoped token is not valid for project 'demo'", status=403,
        settings=_own(user=None, projects=["x"]) | {"projects": {"demo": "alice"}}),
    Row("publisher-without-scope", "The given token isn't allowed to upload to project 'demo'.", status=403,
        settings=_own(user=None) | {"projects": {"demo": "alice"}}),
    Row("e-mail-not-verified", "User 'alice', associated with the API token used, does not have a verified primary "
        "email address.", status=403, settings=_own(verified_email=False)),
    Row("two-factor", "User 'alice', associated with the API token used, does not have two-factor authentication",
        status=403, settings=_own(two_factor=False)),
    Row("organisation", "Organization account owning this project is inactive.", settings={"inactive": ["demo"]}),
    # File
    Row("description", "The description failed to render for 'text/markdown'. See ",
        form={"description": "@@does-not-render@@"}),
    Row("description-rst", "The description failed to render in the default format of reStructuredText. See ",
        form={"description": "a @@does-not-render@@", "description_content_type": None}),
    Row("control-character", "Cannot upload a file with non-printable characters", ("demo\x01-1.0.tar.gz", SDIST_DATA),
        form={"name": "demo"}),
    Row("slash", "Cannot upload a file with '/' or '\\' in the name.", ("../demo-1.0.tar.gz", SDIST_DATA),
        form={"name": "demo"}),
    Row("extension", "Invalid file extension: Use .tar.gz, .whl or .zip extension.", ("demo-1.0.tgz", SDIST_DATA)),
    Row("extension-of-kind", "Invalid file extension: Extension .whl is invalid for filetype sdist.",
        form={"filetype": "sdist", "pyversion": "source"}),
    Row("media-type", "Invalid distribution file.", form={"kind": "image/png"}),
    Row("large", "File too large. Limit for project 'demo' is 1 MB. See ", settings={"file_limit": 1024 * 1024},
        file=sample_wheel(extra={"demo/a": bytes(1024 * 1024)}, compression=zipfile.ZIP_STORED)),
    Row("large-project", "Project size too large. Limit for project 'demo' total size is 0 GB. See ",
        settings={"project_limit": 1200}, before=(sample_wheel(version="0.9"),)),
    Row("sha256", "The digest supplied does not match a digest calculated from the uploaded file.",
        form={"sha256_digest": "0" * 64}),
    Row("blake2", "The digest supplied does not match", form={"blake2_256_digest": "0" * 64}),
    Row("other-bytes", f"File already exists ('{WHEEL}', with blake2_256 hash '", before=((WHEEL, WHEEL_DATA),),
        file=sample_wheel(extra={"demo/a": b""})),
    Row("same-bytes-other-name", "File already exists ('demo-1.0-1-py3-none-any.whl', with blake2_256 hash '",
        ("demo-1.0-1-py3-none-any.whl", WHEEL_DATA), before=((WHEEL, WHEEL_DATA),)),
    Row("burnt", "This filename was previously used by a file that has since been deleted. Use a different version.",
        settings={"burnt": [WHEEL]}),
    Row("deleted", "This filename was previously used by a file that has since been deleted.",
        before=((WHEEL, WHEEL_DATA),), prepare=lambda index: index.delete(WHEEL)),
    Row("closed", "Uploading new files to releases older than 14 days is not allowed.",
        settings={"closed_releases": [("Demo", "1")]}),
    Row("grown-old", "Uploading new files to releases older than 14 days is not allowed.",
        before=((SDIST, SDIST_DATA),), prepare=lambda index: index.close_release("demo", "1.0")),
    Row("second-sdist", "Only one sdist may be uploaded per release.", sample_sdist(suffix=".zip"),
        before=((SDIST, SDIST_DATA),)),
    # Archive
    Row("no-zip", "Invalid distribution file. File is not a zipfile", (WHEEL, b"PK")),
    Row("no-tar", "Invalid distribution file. File is not a tarfile", (SDIST, b"")),
    Row("cut-tar", "Invalid distribution file. None", (SDIST, _cut())),
    Row("cut-wheel", "Invalid distribution file. File is not a zipfile", (WHEEL, WHEEL_DATA[:-99])),
    Row("zip-bomb", "Invalid distribution file. File exceeds compression ratio of 50", _bomb),
    Row("compression", "Invalid distribution file. File does not use a supported compression type",
        sample_wheel(compression=zipfile.ZIP_LZMA)),
    Row("two-tops", "Invalid distribution file. Incorrect number of top-level directories in sdist",
        sample_sdist(extra={"other/file": b""})),
    Row("up", "Invalid distribution file. Incorrect number of top-level", sample_sdist(extra={"../file": b""})),
    Row("absolute", "Invalid distribution file. Incorrect number of top-level", sample_sdist(extra={"/etc/x": b""})),
    Row("two-tops-zip", "Invalid distribution file. Incorrect number of top-level directories in sdist",
        sample_sdist(extra={"other/file": b""}, suffix=".zip")),
    Row("sparse", "Invalid distribution file. tar archive not accepted: Sparse members are not allowed. See ",
        (SDIST, _sparse())),
    Row("no-pkg-info", "Invalid distribution file. PKG-INFO not found at demo-1.0/PKG-INFO",
        sample_sdist(without=["PKG-INFO"])),
    Row("no-wheel-file", "Invalid distribution file. WHEEL not found at demo-1.0.dist-info/WHEEL",
        sample_wheel(without=["WHEEL"])),
    Row("data-behind", "Invalid distribution file. ZIP archive not accepted: Trailing data. See ",
        (WHEEL, WHEEL_DATA + b"more")),
    Row("data-before", "Invalid distribution file. ZIP archive not accepted: Unknown record signature. See ",
        (WHEEL, b"#!/bin/sh\n" + WHEEL_DATA)),
    Row("twice", "Invalid distribution file. ZIP archive not accepted: Duplicate filename in local", (WHEEL, _twice())),
    Row("data-descriptor", "Invalid distribution file. ZIP archive not accepted: ZIP contains a data descriptor.",
        (WHEEL, _streamed())),
    # Names
    Row("sdist-zip", "Filename 'demo-1.0.zip' is invalid, should be 'demo-1.0.tar.gz'.", sample_sdist(suffix=".zip")),
    Row("sdist-not-normal", "Filename 'De.mo-1.0.tar.gz' is invalid, should be 'de_mo-1.0.tar.gz'.",
        sample_sdist("De.mo", filename="De.mo-1.0.tar.gz"), form={"name": "De.mo"}),
    Row("sdist-version", "Filename 'demo-1.00.tar.gz' is invalid, should be 'demo-1.0.tar.gz'.",
        sample_sdist(filename="demo-1.00.tar.gz")),
    Row("sdist-of-other", "Start filename for 'demo' with 'demo'.", sample_sdist("other"), form={"name": "demo"}),
    Row("sdist-no-version", "Invalid source distribution filename: demo.tar.gz", ("demo.tar.gz", SDIST_DATA)),
    Row("wheel-of-other", "Start filename for 'demo' with 'demo'.", sample_wheel("other"), form={"name": "demo"}),
    Row("wheel-not-normal", "Filename 'De_mo-1.0-py3-none-any.whl' should contain the normalized project name 'de_mo', "
        "not 'De_mo'.", ("De_mo-1.0-py3-none-any.whl", zipped({"De_mo-1.0.dist-info/WHEEL": b""})),
        form={"name": "de-mo"}),
    Row("wheel-version", "Version in filename should be '2.0' not '1.0'.", form={"version": "2.0"}),
    Row("wheel-no-name", "Invalid distribution file. Unable to parse name and version from wheel filename",
        ("demo.whl", WHEEL_DATA)),
    Row("linux", "Binary wheel 'demo-1.0-cp311-cp311-linux_x86_64.whl' has an unsupported platform tag 'linux_x86_64'.",
        sample_wheel(tag="cp311-cp311-linux_x86_64")),
    Row("pyodide", "Binary wheel 'demo-1.0-cp312-cp312-pyodide_2024_0_wasm32.whl' has an unsupported platform tag",
        sample_wheel(tag="cp312-cp312-pyodide_2024_0_wasm32")),
    # Inside
    Row("no-licence-sdist", "License-File LICENSE does not exist in distribution file demo-1.0.tar.gz at "
        "demo-1.0/LICENSE", sample_sdist(headers=LICENSED), form=LICENSE_FORM),
    Row("no-licence", f"License-File LICENSE does not exist in distribution file {WHEEL} at demo-1.0.dist-info/licenses"
        "/LICENSE", sample_wheel(headers=LICENSED), form=LICENSE_FORM),
    Row("no-record", f"Wheel '{WHEEL}' does not contain the required RECORD file: demo-1.0.dist-info/RECORD",
        sample_wheel(without=["RECORD"])),
    Row("no-metadata", f"Wheel '{WHEEL}' does not contain the required METADATA file: demo-1.0.dist-info/METADATA",
        sample_wheel(without=["METADATA"])),
    Row("entry-points", f"Wheel '{WHEEL}' has invalid entry points defined in the entry_points.txt file",
        sample_wheel(extra={"{dist_info}/entry_points.txt": b"[console_scripts]\n../x = demo:x\n"})),
    Row("other-name-inside", "Invalid distribution file. demo-1.0.dist-info/METADATA says 'other' '1.0', the form ",
        sample_wheel(inner_name="other")),
    Row("other-version-inside", "Invalid distribution file. demo-1.0/PKG-INFO says 'demo' '1.1', the form 'demo' '1.0'",
        sample_sdist(inner_version="1.1")),
    Row("attestations", "Invalid attestations supplied during upload: Attestations are only supported when using "
        "Trusted Publishing", form={"attestations": "[{}]"}),
    Row("attestations-publisher", "Invalid attestations supplied during upload: Could not verify",
        form={"attestations": "[{}]"}, settings=_own(user=None, projects=["demo"]) | {"projects": {"demo": "alice"}}),
]
