"""Fixtures of all tests: real servers (support/stores.py)."""

pytest_plugins = ["support.browser", "support.stores"]
