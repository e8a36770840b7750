"""Builds, proves and publishes distributions, and says exactly what became of them."""
