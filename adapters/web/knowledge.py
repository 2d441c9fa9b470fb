"""What agents look up while they talk: articles and scripts, one Markdown file each, in a folder that people edit.

A file is named `SLUG.LANGUAGE.md`; its first line is `# Title`. A script is an
article whose slug says when it is shown: `script.CAMPAIGN.PHASE`, or
`script.PURPOSE.PHASE` for all campaigns of a purpose. The folder is read again
when one of its files has changed; nobody has to restart anything.
"""

import re
from pathlib import Path

import apsw
from attrs import frozen

__all__ = ["Article", "Hit", "Knowledge"]

_NAME = re.compile(r"(?P<slug>[a-z0-9][a-z0-9._-]*)\.(?P<language>ko|en)\.md")
_WORD = re.compile(r"\w+", re.UNICODE)
_MOST_BYTES = 200_000
# The trigram index finds parts of words, as Korean needs, from three letters on; shorter ones are looked for plainly.
_LEAST_INDEXED = 3


@frozen
class Article:
    """One article."""

    slug: str
    language: str
    title: str
    text: str


@frozen
class Hit:
    """One article that was found, with the place."""

    slug: str
    language: str
    title: str
    excerpt: str


class Knowledge:
    """The articles of one folder; an absent folder has none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._seen: dict[str, tuple[int, int]] = {}
        self._db = apsw.Connection(":memory:")
        self._db.execute("create virtual table article using fts5(slug unindexed, language unindexed, title, body, "
                         "tokenize = 'trigram')")  # fmt: skip

    def search(self, text: str, language: str, limit: int = 8) -> list[Hit]:
        """Articles in which every word of `text` occurs, the best first; scripts are no articles."""
        self._refresh()
        words = _WORD.findall(text.lower())
        if not words:
            return []
        long = [word for word in words if len(word) >= _LEAST_INDEXED]
        clauses = ["language = ?", "slug not like 'script.%'"]
        values: list[str | int] = [language]
        if long:
            clauses.append("article match ?")
            values.append(" ".join(f'"{word}"' for word in long))
        for word in set(words) - set(long):
            clauses.append("instr(lower(title || ' ' || body), ?) > 0")
            values.append(word)
        rank = "bm25(article, 0, 0, 4.0, 1.0)" if long else "title"
        excerpt = "snippet(article, 3, '', '', '…', 40)" if long else "substr(body, 1, 160)"
        rows = self._db.execute(
            f"select slug, language, title, {excerpt} from article "  # noqa: S608 (our own words alone)
            f"where {' and '.join(clauses)} order by {rank} limit ?",
            (*values, limit),
        )
        return [Hit(*row) for row in rows]

    def article(self, slug: str, language: str) -> Article | None:
        """An article in a language, else in the other one."""
        self._refresh()
        row = self._db.execute(
            "select slug, language, title, body from article where slug = ? order by language = ? desc limit 1",
            (slug, language),
        ).fetchone()
        return Article(*row) if row is not None else None

    def script(self, campaign_id: str, purpose: str, phase: str, language: str) -> Article | None:
        """What to say in a phase of a call: of the campaign, else of its purpose."""
        for name in (campaign_id, purpose):
            article = self.article(f"script.{name}.{phase}", language)
            if article is not None and article.language == language:
                return article
        return None

    def _refresh(self) -> None:
        found: dict[str, tuple[int, int]] = {}
        if self._folder is not None and self._folder.is_dir():
            for path in self._folder.glob("*.md"):
                stat = path.stat()
                found[path.name] = (stat.st_mtime_ns, stat.st_size)
        if found == self._seen:
            return
        with self._db:
            self._db.execute("delete from article")
            for name in sorted(found):
                self._read(name)
        self._seen = found

    def _read(self, name: str) -> None:
        match = _NAME.fullmatch(name)
        assert self._folder is not None
        path = self._folder / name
        if match is None or path.stat().st_size > _MOST_BYTES:
            return
        text = path.read_text(encoding="utf-8", errors="replace")
        first, _, rest = text.partition("\n")
        title = first.removeprefix("#").strip() or match["slug"]
        self._db.execute(
            "insert into article values (?, ?, ?, ?)", (match["slug"], match["language"], title, rest.strip())
        )
