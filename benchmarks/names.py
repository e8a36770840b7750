"""Names of the rows, shared by scenarios and goals."""

SIX = "six command lines"
PREK_ALL = "prek, all files"
PRE_COMMIT_ALL = "pre-commit, all files"
RUFF_WARM = "ruff check, warm"
GIT_STATUS = "git status"

COLD = "cold"
NO_CACHE = "cold, --no-cache"
ONE_JOB = "cold, --jobs 1"
WARM = "warm, nothing changed"

TEN = "ten files changed, fresh checkout"
PREK_TEN = "prek, those ten files"
PRE_COMMIT_TEN = "pre-commit, those ten files"

EDITED = "one file edited"
STAGED = "--staged, one file"
SLOWEST = "slowest command line"
