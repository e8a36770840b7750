"""`python -m qualitygate`, and what the command `qualitygate` calls."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    if sys.argv[1:2] == ["release"]:
        # Before anything else is imported: the environment may hold credentials.
        from qualitygate.release import isolation

        try:
            isolation.credentials()
        except OSError as error:
            sys.exit(f"qualitygate: error: the credentials can not be kept out of the environment: {error}")
    from qualitygate.cli import main as run

    run()


if __name__ == "__main__":
    # `-m` puts the current folder, often the checked project, in front of everything that is imported from here on.
    if not sys.flags.safe_path:
        del sys.path[0]
    main()
