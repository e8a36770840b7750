"""The checks of an upload, in warehouse's order (`forklift/decorators.py`, `forklift/legacy.py`)."""

from __future__ import annotations

import base64
import dataclasses
import hashlib

from packaging.metadata import Metadata
from packaging.utils import NormalizedName, canonicalize_name, canonicalize_version

from tests.release.strict_index import archives, inside, names
from tests.release.strict_index.fields import check_form, check_metadata
from tests.release.strict_index.form import Form
from tests.release.strict_index.replies import Refusal, bad, forbidden
from tests.release.strict_index.settings import MIB, Settings, Token
from tests.release.strict_index.shelf import Project, Shelf, Stored, blake2


@dataclasses.dataclass(frozen=True)
class Done:
    """An upload was accepted."""

    stored: bool
    """False: this very file was there already."""
    warnings: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Login:
    """What an `Authorization` header says."""

    user: str = ""
    secret: str = dataclasses.field(default="", repr=False)


def login(header: str) -> Login:
    """Read an `Authorization` header; what can not be read is no login."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return Login("__token__", value.strip())
    if scheme.lower() != "basic":
        return Login()
    try:
        user, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except ValueError:
        return Login()
    return Login(user, secret.strip())


class Examiner:
    """Judges uploads.

    Args:

        shelf: What the index holds; an accepted file is added to it.

        minted: Tokens of trusted publishing, besides those of the settings.

        base: Address of the server, for the texts that name a page of help.
    """

    def __init__(self, settings: Settings, shelf: Shelf, minted: list[Token], base: str) -> None:
        self._settings = settings
        self._shelf = shelf
        self._minted = minted
        self._help = f"{base}/help/#"
        self._docs = f"{base}/docs/"

    def token(self, who: Login) -> Token | None:
        """The token that was sent, if it is known."""
        known = (*self._settings.tokens, *self._minted)
        return next((token for token in known if token.secret == who.secret), None) if who.secret else None

    def judge(self, form: Form, who: Login) -> Done:
        """Take a file, or refuse it.

        Raises:

            Refusal: With warehouse's status and text.
        """
        token = self._identity(form, who)
        if form.fields.get("protocol_version", ["1"])[-1] != "1":
            raise bad("Unknown protocol version.")
        check_form(form)
        metadata = check_metadata(form, self._settings)
        if form.content is None:
            raise bad("Upload payload does not have a file.")
        project = self._project(metadata.name, token)
        self._check_description(metadata)
        names.check_characters(form.filename, form.get("filetype"))
        if not form.content_type or form.content_type.startswith("image/"):
            raise bad("Invalid distribution file.")
        self._check_size(form.content, project)
        self._check_digests(form, form.content)
        if self._is_there(form.filename, form.content):
            return Done(stored=False)
        self._check_openness(form, metadata)
        warnings = self._check_file(form, form.content, project, metadata)
        self._check_attestations(form, token)
        self._store(form, form.content, project, metadata)
        return Done(stored=True, warnings=warnings)

    def _identity(self, form: Form, who: Login) -> Token:
        for field in form.files:
            raise bad(f"{field}: Should not be a tuple.")
        if self._settings.read_only:
            raise forbidden("Read-only mode: Uploads are temporarily disabled.")
        if self._settings.uploads_disabled:
            raise forbidden(
                f"New uploads are temporarily disabled. See {self._help}admin-intervention for more information."
            )
        if who.user not in ("", "__token__"):
            raise forbidden(
                "Username/Password authentication is no longer supported. Migrate to API Tokens or Trusted Publishers "
                f"instead. See {self._help}apitoken and {self._help}trusted-publishers"
            )
        token = self.token(who)
        if token is None:
            raise forbidden(
                "Invalid or non-existent authentication information. "
                f"See {self._help}invalid-auth for more information."
            )
        return token

    def _project(self, name: str, token: Token) -> Project:
        normal = canonicalize_name(name)
        owners = {canonicalize_name(key): Project(key, owner) for key, owner in self._settings.projects.items()}
        project = self._shelf.projects.get(normal) or owners.get(normal)
        if project is None:
            project = self._new_project(name, token)
        self._check_permission(project, normal, token)
        self._check_account(token)
        if normal in map(canonicalize_name, self._settings.inactive):
            raise bad(
                "Organization account owning this project is inactive. This may be due to inactive billing for Company "
                "Organizations, or administrator intervention for Community Organizations."
            )
        return Project(name, project.owner)

    def _new_project(self, name: str, token: Token) -> Project:
        if token.user is None:
            raise bad(
                "Non-user identities cannot create new projects. This was probably caused by successfully using a "
                "pending publisher but specifying the project name incorrectly (either in the publisher or in your "
                "project's metadata). Please ensure that both match. "
                f"See: {self._docs}trusted-publishers/troubleshooting/"
            )
        self._check_account(token)
        limit, resets = self._settings.new_project_limit, self._settings.resets_in
        if limit is not None and self._shelf.creations[token.user] >= limit:
            told = (
                ("Ratelimit-Policy", f'"project.create.user";q={limit};w=86400;pk=:user:'),
                ("Ratelimit", f'"project.create.user";r=0;t={resets}'),
                ("Retry-After", str(resets)),
            )
            raise Refusal(429, "Too many new projects created", told)
        if canonicalize_name(name) in map(canonicalize_name, self._settings.prohibited):
            raise bad(f"The name {name!r} isn't allowed. See {self._help}project-name for more information.")
        self._shelf.creations[token.user] += 1
        return Project(name, token.user)

    def _check_permission(self, project: Project, normal: NormalizedName, token: Token) -> None:
        if token.expired:
            raise forbidden("Invalid API Token: token is expired")
        if token.projects is not None and normal not in map(canonicalize_name, token.projects):
            if token.user is None:
                raise forbidden(f"Invalid API Token: OIDC scoped token is not valid for project '{project.name}'")
            raise forbidden(f"Invalid API Token: project-scoped token is not valid for project: {project.name!r}")
        if token.user is not None and token.user != project.owner:
            raise forbidden(
                f"The user '{token.user}' isn't allowed to upload to project '{project.name}'. "
                f"See {self._help}project-name for more information."
            )
        if token.user is None and token.projects is None:
            raise forbidden(
                f"The given token isn't allowed to upload to project '{project.name}'. "
                f"See {self._help}project-name for more information."
            )

    def _check_account(self, token: Token) -> None:
        if token.user is None:
            return
        start = f"User {token.user!r}, associated with the API token used, does not have"
        if not token.verified_email:
            raise forbidden(
                f"{start} a verified primary email address. Please add a verified primary email before attempting to "
                f"upload to PyPI. See {self._help}verified-email for more information."
            )
        if not token.two_factor:
            raise forbidden(
                f"{start} two-factor authentication enabled. Please enable two-factor authentication before attempting "
                f"to upload to PyPI. See {self._help}two-factor-authentication for more information."
            )

    def _check_description(self, metadata: Metadata) -> None:
        if self._settings.unrenderable in (metadata.description or ""):
            kind = metadata.description_content_type
            where = f"for '{kind}'" if kind else "in the default format of reStructuredText"
            raise bad(
                f"The description failed to render {where}. "
                f"See {self._help}description-content-type for more information."
            )

    def _check_size(self, data: bytes, project: Project) -> None:
        limit, whole = self._settings.file_limit, self._settings.project_limit
        see = f"See {self._docs}project-management/storage-limits"
        if len(data) > limit:
            raise bad(
                f"File too large. Limit for project {project.name!r} is {limit // MIB} MB. "
                f"{see}#requesting-a-file-size-limit-increase for more information."
            )
        if len(data) + sum(len(file.data) for file in self._shelf.of(canonicalize_name(project.name))) > whole:
            raise bad(
                f"Project size too large. Limit for project {project.name!r} total size is {whole // (1024 * MIB)} GB. "
                f"{see}#requesting-a-project-size-limit-increase"
            )

    def _check_digests(self, form: Form, data: bytes) -> None:
        real = {
            "md5_digest": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "sha256_digest": hashlib.sha256(data).hexdigest(),
            "blake2_256_digest": blake2(data),
        }
        if any(form.get(field) and form.get(field).lower() != digest for field, digest in real.items()):
            raise bad("The digest supplied does not match a digest calculated from the uploaded file.")

    def _is_there(self, filename: str, data: bytes) -> bool:
        digest = blake2(data)
        found = self._shelf.same(filename, digest)
        if found is not None and (found.filename, found.blake2) != (filename, digest):
            raise bad(
                f"File already exists ({filename!r}, with blake2_256 hash {digest!r}). "
                f"See {self._help}file-name-reuse for more information."
            )
        return found is not None

    def _check_openness(self, form: Form, metadata: Metadata) -> None:
        if form.filename in self._shelf.burnt or form.filename in self._settings.burnt:
            raise bad(
                "This filename was previously used by a file that has since been deleted. Use a different version. "
                f"See {self._help}file-name-reuse for more information."
            )
        release = (canonicalize_name(metadata.name), canonicalize_version(metadata.version))
        closed = {(canonicalize_name(name), canonicalize_version(version)) for name, version in self._closed}
        if release in closed or self._shelf.is_closed(*release):
            raise bad("Uploading new files to releases older than 14 days is not allowed.")
        there = self._shelf.release(*release)
        if form.get("filetype") == "sdist" and any(file.kind == "sdist" for file in there):
            raise bad("Only one sdist may be uploaded per release.")

    @property
    def _closed(self) -> list[tuple[str, str]]:
        return list(self._settings.closed_releases)

    def _check_file(self, form: Form, data: bytes, project: Project, metadata: Metadata) -> tuple[str, ...]:
        contents = archives.open_archive(form.filename, data, f"{self._docs}archives")
        if form.get("filetype") == "sdist":
            names.check_sdist(form.filename, project.name, metadata)
            inside.check_sdist(form.filename, contents, metadata)
            return ()
        names.check_wheel(form.filename, project.name, metadata)
        return inside.check_wheel(form.filename, contents, metadata)

    def _check_attestations(self, form: Form, token: Token) -> None:
        if "attestations" not in form.fields:
            return
        problem = inside.attestation_problem(form.get("attestations"), token, self._settings)
        if problem:
            raise bad(f"Invalid attestations supplied during upload: {problem}")

    def _store(self, form: Form, data: bytes, project: Project, metadata: Metadata) -> None:
        self._shelf.store(
            Stored(
                form.filename,
                data,
                canonicalize_name(metadata.name),
                str(metadata.version),
                form.get("filetype"),
                form.get("pyversion") or "source",
                form.get("requires_python"),
                hidden=self._settings.stale_polls,
            ),
            metadata.name,
            project.owner,
        )
