"""`paceline rules vocabulary`: every name and word that a rule may use."""

import json

from collections_rules.highlighting import textmate_grammar
from collections_rules.reference import vocabulary_page
from dialer.faults import ConfigError

__all__ = ["vocabulary"]


def vocabulary(*, form: str = "markdown") -> None:
    """Print every fact, event and word of the language with its meaning, in Korean and English.

    `--form textmate` prints the words as a grammar with which editors colour rule files.
    """
    if form not in ("markdown", "textmate"):
        raise ConfigError(f"no form `{form}`; write markdown or textmate")
    if form == "textmate":
        print(json.dumps(textmate_grammar(), ensure_ascii=False, indent=2))
    else:
        print(vocabulary_page(), end="")
