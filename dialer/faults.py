"""Faults that are a person's to mend, apart from what finds them: who only prints them need not load an engine."""

__all__ = ["ConfigError"]


class ConfigError(ValueError):
    """The configuration cannot be used; the text names file, place and remedy, one fault a line."""
