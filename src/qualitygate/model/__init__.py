"""Frozen values. Imports nothing of ours but `errors`."""
