"""Runs the adapters: planning, worker processes, retries, deadlines."""
