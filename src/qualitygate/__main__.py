"""`python -m qualitygate`."""

import sys

if __name__ == "__main__":
    # `-m` puts the current folder, often the checked project, in front of everything that is imported from here on.
    if not sys.flags.safe_path:
        del sys.path[0]
    from qualitygate.cli import main

    main()
