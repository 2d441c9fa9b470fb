"""Every text of the report, in both languages, from one file. Pure but for reading that file once.

A text is asked for by its key; one that the file lacks raises `KeyError`, and
one that lacks a language fails when the file is read, so it cannot reach a page.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from attrs import frozen

__all__ = ["LANGUAGES", "Messages", "all_messages", "messages"]

LANGUAGES = ("ko", "en")


@frozen
class Messages:
    """The texts of one language."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with its places filled.

        >>> messages("en")("table.limit", limit="3%")
        '≤3%'
        """
        text = self.texts[key]
        return text.format(**values) if values else text


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, value in table.items():
        assert isinstance(value, dict)
        if all(isinstance(one, str) for one in value.values()):
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")


@cache
def all_messages() -> Mapping[str, Mapping[str, str]]:
    """Every text by key, then by language."""
    text = files("dialer.report").joinpath("messages.toml").read_text("utf-8")
    found = dict(_flat(tomllib.loads(text)))
    for key, texts in found.items():
        if set(texts) != set(LANGUAGES) or not all(texts.values()):
            msg = f"text `{key}` must have exactly the languages {', '.join(LANGUAGES)}"
            raise ValueError(msg)
    return found


@cache
def messages(language: str) -> Messages:
    """The texts in `language`; raises `ValueError` for one that the report does not speak."""
    if language not in LANGUAGES:
        msg = f"language must be one of {', '.join(LANGUAGES)}, not `{language}`"
        raise ValueError(msg)
    return Messages(language, {key: texts[language] for key, texts in all_messages().items()})
