"""`--shard`: which part of the files a run looks at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

import click

from qualitygate.errors import UsageError
from qualitygate.model.shards import Shard

_INDEX, _COUNT = "CI_NODE_INDEX", "CI_NODE_TOTAL"
_NUMBER = re.compile("[0-9]{1,9}")


def _parse(ctx: click.Context, param: click.Parameter, value: str | None) -> Shard | None:
    if value is None:
        return None
    if value == "auto":
        return from_environment(os.environ)
    index, _, count = value.partition("/")
    return _shard(index, count, f"--shard {value}", "write I/N, as in 1/4 for the first of four, or auto in a pipeline")


def from_environment(environ: Mapping[str, str]) -> Shard:
    """The shard that a parallel job of GitLab is to be.

    Raises:

        UsageError: The variables are not set, or make no sense.
    """
    hint = "they are set in a job with `parallel: N`; elsewhere write --shard I/N"
    missing = [name for name in (_INDEX, _COUNT) if not environ.get(name)]
    if missing:
        raise UsageError(f"--shard auto: {' and '.join(missing)} not set in the environment", hint)
    index, count = environ[_INDEX], environ[_COUNT]
    return _shard(index, count, f"--shard auto: {_INDEX}={index}, {_COUNT}={count}", hint)


def _shard(index: str, count: str, given: str, hint: str) -> Shard:
    if not (_NUMBER.fullmatch(index) and _NUMBER.fullmatch(count)):
        raise UsageError(f"{given}: not two numbers", hint)
    shard = Shard(int(index), int(count))
    if not 1 <= shard.index <= shard.count:
        raise UsageError(f"{given}: there is no {shard}", hint)
    return shard


shard_option = click.option(
    "--shard",
    callback=_parse,
    metavar="I/N",
    help="look at the I-th of N parts of the files, for `qualitygate merge`; auto: as CI_NODE_INDEX and CI_NODE_TOTAL "
    "say",
)


def require_shardable(shard: Shard | None, formats: Iterable[str], judging: Mapping[str, object]) -> None:
    """Refuse what makes no sense in a shard.

    Args:

        formats: Of the reports that were asked for.

        judging: Options about the judgement, with what was given for them.

    Raises:

        UsageError: Its result would be lost, or an option would have no effect.
    """
    if shard is None:
        return
    if "json" not in formats:
        raise UsageError(
            f"{shard} would be lost: it is judged later, from its JSON report", "add --report json=FILE"
        )
    given = [option for option, value in judging.items() if value]
    if given:
        raise UsageError(f"{', '.join(given)}: a shard does not judge", "give that to `qualitygate merge`")
