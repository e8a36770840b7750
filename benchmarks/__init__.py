"""Measures `qualitygate` side by side with the command lines that it replaces; see README.md."""
