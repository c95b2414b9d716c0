"""Helpers of the end-to-end tests: the program under test, its clients, and votes."""
