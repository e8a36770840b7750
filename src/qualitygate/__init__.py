"""One quality gate in place of a row of lint jobs."""

__version__ = "0.1.0.dev0"
