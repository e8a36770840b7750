"""One quality gate in place of a row of lint jobs."""
