"""`qualitygate cache`: what is kept from run to run."""

from __future__ import annotations

from pathlib import Path

import click

from qualitygate import gate
from qualitygate.cli.common import cache_dir_option, config_option, load, require_tools, root_relative
from qualitygate.engine.cache.explain import Explanation, explain
from qualitygate.engine.cache.opening import open_store
from qualitygate.engine.cache.store import MAX_AGE, MAX_BYTES, Store
from qualitygate.engine.tasks import Plan
from qualitygate.errors import UsageError
from qualitygate.model import names


@click.group("cache")
def command() -> None:
    """Show or empty what is kept from run to run, or explain why an answer was not found in it."""


@command.command("info")
@config_option
@cache_dir_option
def info(config: Path | None, cache_dir: Path | None) -> None:
    """Show where the cache is and what it holds."""
    settings = load(config)
    store = open_store(settings.root, cache_dir)
    counts = store.summary()
    size = counts.pop("bytes", 0)
    click.echo(f"{store.path}: {size / 2**20:.1f} MiB of at most {MAX_BYTES / 2**20:.0f}")
    for kind, count in counts.items():
        click.echo(f"  {kind:9} {count:,}")
    click.echo(f"entries that no run uses for {MAX_AGE} days are removed")
    _close(store)


@command.command("clear")
@config_option
@cache_dir_option
def clear(config: Path | None, cache_dir: Path | None) -> None:
    """Remove everything that is kept; the next run looks at every file."""
    settings = load(config)
    store = open_store(settings.root, cache_dir)
    removed = store.clear()
    left = sum(count for kind, count in store.summary().items() if kind != "bytes")
    _close(store)
    if store.warnings:
        raise UsageError(f"the cache {store.path} could not be emptied", "remove the file by hand")
    click.echo(f"{removed - left:,} entries removed from {store.path}")


@command.command("explain")
@click.argument("file", type=click.Path(path_type=str))
@config_option
@cache_dir_option
def explain_file(file: str, config: Path | None, cache_dir: Path | None) -> None:
    """Say for each check that visits FILE whether its answer is known, and if not, what changed."""
    settings = load(config)
    path = root_relative(file, settings.root)
    with gate.prepared(settings, gate.Options(paths=(path,), cache_dir=cache_dir, keeps=False)) as ready:
        require_tools(ready.plans, "nothing is known about them")
        assert ready.cache is not None
        if not ready.source.tree.shows(path):
            raise UsageError(f"{names.visible(path or '.')} is not a file", "give one file of the project")
        for plan in ready.good_plans:
            for visit in plan.visits:
                context = ready.engine.context(plan, visit)
                for line in _lines(plan, explain(ready.cache, plan, visit, context)):
                    click.echo(line)
        for warning in ready.cache_warnings:
            click.echo(f"warning: {warning}", err=True)


def _lines(plan: Plan, explanation: Explanation) -> list[str]:
    if explanation.known:
        return [f"{plan.check}: known"]
    return [f"{plan.check}: not known", *(f"    {names.visible(reason)}" for reason in explanation.reasons)]


def _close(store: Store) -> None:
    store.close()
    for warning in store.warnings:
        click.echo(f"warning: {warning}", err=True)
