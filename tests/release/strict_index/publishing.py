"""Trusted publishing: an identity token is exchanged for an API token (warehouse, `oidc/views.py`)."""

from __future__ import annotations

import base64
import json
import secrets
import time

from tests.release.strict_index.replies import Reply
from tests.release.strict_index.settings import Settings, Token

REFUSALS = {
    "not-enabled": "GitLab trusted publishing functionality not enabled",
    "invalid-payload": "malformed JWT",
    "invalid-token": "malformed or invalid token",
    "invalid-pending-publisher": "valid token, but project already exists",
    "invalid-publisher": "valid token, but no corresponding publisher (Publisher with matching claims was not found)",
    "invalid-reuse-token": "invalid token: already used",
}
"""What each code of a refusal says."""


class Mint:
    """Exchanges identity tokens, each once.

    Args:

        minted: Where the API tokens go that it made.
    """

    def __init__(self, settings: Settings, minted: list[Token]) -> None:
        self._settings = settings
        self._minted = minted
        self._used: set[str] = set()

    def exchange(self, body: bytes) -> Reply:
        """The answer to a request for an API token."""
        try:
            identity = json.loads(body)["token"]
        except (ValueError, LookupError, TypeError):
            return _refused("invalid-payload", "1 validation error for TokenPayload")
        if not isinstance(identity, str):
            return _refused("invalid-payload", "1 validation error for TokenPayload")
        code = self._problem(identity)
        if code:
            return _refused(code)
        self._used.add(identity)
        projects = tuple(self._settings.identity_tokens[identity])
        token = Token(f"pypi-{secrets.token_urlsafe(96)}", user=None, projects=projects)
        self._minted.append(token)
        answer = {"success": True, "token": token.secret, "expires": int(time.time()) + 900}
        return Reply(200, "OK", json.dumps(answer).encode(), "application/json")

    def _problem(self, identity: str) -> str:
        if self._settings.mint_refusal:
            return self._settings.mint_refusal
        if not _is_jwt(identity):
            return "invalid-payload"
        if not self._settings.publishing_enabled:
            return "not-enabled"
        if identity in self._used:
            return "invalid-reuse-token"
        return "" if identity in self._settings.identity_tokens else "invalid-publisher"


def _is_jwt(text: str) -> bool:
    parts = text.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (LookupError, ValueError):
        return False
    return len(parts) == 3 and isinstance(claims, dict) and "iss" in claims


def _refused(code: str, description: str = "") -> Reply:
    errors = [{"code": code, "description": description or REFUSALS.get(code, code)}]
    body = json.dumps({"message": "Token request failed", "errors": errors}).encode()
    return Reply(422, "Unprocessable Content", body, "application/json")


def identity_token(**claims: str) -> str:
    """A JWT as a CI gives it, with a signature that nobody looks at."""
    claims = {"iss": "https://ci.invalid", "sub": "project_path:group/demo:ref_type:tag:ref:v1.0", **claims}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join((*coded, "c2lnbmF0dXJl"))
