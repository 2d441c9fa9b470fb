"""Both languages say everything the pages say."""

import json
import re

import pytest

from adapters.web.app import STATIC

WORDS = json.loads((STATIC / "locales/messages.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", sorted(WORDS))
def test_every_text_is_there_in_both_languages_with_the_same_places_to_fill(key):
    texts = WORDS[key]
    assert set(texts) == {"ko", "en"}
    assert all(texts.values())
    assert len({frozenset(re.findall(r"\{(\w+)\}", text)) for text in texts.values()}) == 1


def test_every_text_a_page_asks_for_is_there():
    asked = set()
    for path in [*STATIC.glob("*.html"), *STATIC.glob("js/*.js")]:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'data-say(?:-label|-placeholder)?="([\w.-]+)"', text))
        asked |= set(re.findall(r'say\("([\w.-]+)"', text))
    assert asked - set(WORDS) == set()


def test_nothing_on_the_pages_is_loaded_from_elsewhere():
    for path in [*STATIC.glob("*.html"), *STATIC.rglob("*.js"), *STATIC.rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""(?:src|href|import|from|url)\W{1,3}(?:https?:)?//""", text), path.name
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bon\w+=\"|style=\"", text), path.name
