"""Why the answer about a file is known or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from qualitygate.engine.cache import keys
from qualitygate.engine.cache.answers import Cache
from qualitygate.engine.tasks import Plan


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What a run would do about one file and one check."""

    known: bool
    reasons: tuple[str, ...]
    """Why it is not known, one clause each."""


def explain(cache: Cache, plan: Plan, visit: tuple[str, str], context: str) -> Explanation:
    """Whether a run would find the answer of a check about a file in the cache.

    Args:

        visit: One of the plan's.

        context: As `Adapter.context` gives it for the file.
    """
    if unkept := cache.unkept(plan):
        return Explanation(False, (f"answers are not kept: {unkept}",))
    if cache.contents.digest(visit[1]) is None:
        return Explanation(False, ("it can not be read",))
    changed = cache.changed_dependencies(plan, visit, context)
    if changed == []:
        return Explanation(True, ())
    if changed:
        return Explanation(False, tuple(f"{path}, which it depends on, changed" for path in changed))
    return Explanation(False, tuple(_reasons(cache, plan, visit[1])) or (_NEVER,))


_NEVER = "it was not looked at in this state, or the answer was thrown away since"


def _reasons(cache: Cache, plan: Plan, path: str) -> Iterator[str]:
    before = cache.contents.before(path)
    if before is not None and before != cache.contents.digest(path):
        yield "its content changed"
    remembered = cache.remembered_parts(plan.check)
    if remembered is None:
        yield "the check was not run with this cache"
    else:
        yield from changes(remembered, cache.parts(plan.check))


def changes(before: keys.Parts, now: keys.Parts) -> list[str]:
    """What is different in *now*, one clause each."""
    told = []
    for name in sorted(now):
        if before.get(name) != now[name]:
            kind, _, what = name.partition(" ")
            told.append(_TOLD.get(kind, "{name} changed").format(name=name, what=what, now=now[name]))
    return told


_TOLD = {
    "file": "the configuration file {what} changed",
    "package": "{what} is another one: {now}",
    "variable": "the environment variable {what} changed",
    "arguments": "the arguments changed",
    "encoding": "the encoding of the locale is another one",
    "flags": "Python's options or warning filters are others",
    "python": "Python is another one",
    "qualitygate": "qualitygate is another one",
}
