"""Accounts at rest: what the lists of all campaigns said, in one SQLite file.

Each campaign keeps its own list's word about a person, so a list can be loaded, updated or
forgotten without touching another; that two campaigns mean the same person shows in `person_id`.
What happened to an account (attempts, opt-outs, promises) is not here but in the journal.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import apsw
from attrs import evolve, frozen

from adapters.accounts import packing, schema
from adapters.accounts.merging import Draft
from adapters.accounts.reader import BadRow, ListRow, RowFault
from adapters.accounts.tables import ListError
from dialer.list_mapping import ListMapping
from dialer.model import Account, Claim, Person, PhoneNumber

__all__ = ["AccountStore", "ImportReport", "account_id"]

# Bigger batches gain nothing measurable, and a crash repeats one.
BATCH_ROWS: Final = 4000
PAGE_ACCOUNTS: Final = 1000
CACHE_KIB: Final = 48 * 1024

OnFaults = Callable[[ListRow | BadRow, tuple[RowFault, ...]], None]


@frozen(kw_only=True)
class ImportReport:
    """What one import did. Every row is counted in `rows`, and those left out in `rejected`."""

    rows: int = 0
    persons: int = 0
    claims: int = 0
    numbers: int = 0
    """Persons, claims and numbers that were not there before."""
    updated: int = 0
    """Rows that added nothing and changed something."""
    already_there: int = 0
    """Rows that added and changed nothing."""
    rejected: int = 0
    faulty: int = 0
    """Rows that were loaded without a number, or with a word that contradicts an earlier row."""
    rejects_path: str = ""
    """Where the rejected and the faulty rows stand; empty when there are none."""


def account_id(campaign_id: str, person_id: str) -> str:
    """The same whenever and in whatever order lists are loaded."""
    return f"{campaign_id}/{person_id}"


class AccountStore:
    """The accounts of all campaigns. One connection: use it from one thread at a time."""

    def __init__(self, path: str | Path) -> None:
        self._db = apsw.Connection(str(path))
        # A list can be imported again, so a commit need not wait for the disk; it is never half there.
        for pragma in ("journal_mode = wal", "synchronous = normal", f"cache_size = -{CACHE_KIB}"):
            self._db.execute(f"PRAGMA {pragma}").fetchall()
        self._prepare(str(path))

    def _prepare(self, path: str) -> None:
        with self._db:
            if not self._db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'").fetchall():
                self._db.execute(schema.SCHEMA)
                self._db.execute("INSERT INTO schema_version VALUES (?)", (schema.SCHEMA_VERSION,))
        version = self._one("SELECT version FROM schema_version")
        if version != schema.SCHEMA_VERSION:
            self.close()
            fault = (
                f"{path}: written by another version of this program (schema {version}, not {schema.SCHEMA_VERSION})"
            )
            raise ListError(fault, "move the file away and import the lists again")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> "AccountStore":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # Reading

    def count(self, campaign_id: str) -> int:
        """How many accounts a campaign has."""
        return int(self._one(schema.COUNT, campaign_id))

    def accounts(self, campaign_id: str) -> Iterator[Account]:
        """The accounts of a campaign in list order, a page at a time, so that reading blocks no import."""
        if (campaign := self._campaign(campaign_id)) is None:
            return
        campaign_no, language, _import_no = campaign
        last: Any = 0
        while page := self._db.execute(schema.PAGE_OF_ACCOUNTS, (campaign_no, last, PAGE_ACCOUNTS)).fetchall():
            last = page[-1][0]
            for draft in self._drafts(page).values():
                yield _account(campaign_id, language, draft)

    def get(self, wanted: str) -> Account | None:
        """One account by its id."""
        campaign_id, _, person_id = wanted.partition("/")
        if (campaign := self._campaign(campaign_id)) is None:
            return None
        drafts = self._drafts_of_persons(campaign[0], (person_id,))
        return next((_account(campaign_id, campaign[1], draft) for draft in drafts.values()), None)

    def _one(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]

    def _campaign(self, campaign_id: str) -> tuple[int, str, int] | None:
        found = self._db.execute(schema.FIND_CAMPAIGN, (campaign_id,)).fetchone()
        return None if found is None else (int(found[0]), str(found[1]), int(found[2]))

    def _drafts_of_persons(self, campaign_no: int, person_ids: tuple[str, ...]) -> dict[int, Draft]:
        wanted = apsw.carray(person_ids, flags=apsw.SQLITE_CARRAY_TEXT)
        return self._drafts(self._db.execute(schema.ACCOUNTS_OF_PERSONS, (campaign_no, wanted)).fetchall())

    def _drafts(self, rows: list[tuple[Any, ...]]) -> dict[int, Draft]:
        """Accounts with their numbers and claims, by account number in the order of `rows`."""
        drafts = {row[0]: packing.unpack_account(row) for row in rows}
        if not drafts:
            return drafts
        wanted = apsw.carray(array("q", drafts), flags=apsw.SQLITE_CARRAY_INT64)
        for account_no, *rest in self._db.execute(schema.NUMBERS, (wanted,)):
            number = packing.unpack_number(*rest)
            drafts[account_no].numbers[number.e164] = number
        for account_no, import_no, *rest in self._db.execute(schema.CLAIMS, (wanted,)):
            drafts[account_no].claims[rest[0]] = Claim(*rest), import_no
        return drafts

    # Writing

    def load(
        self,
        campaign_id: str,
        mapping: ListMapping,
        rows: Iterable[ListRow | BadRow],
        *,
        on_faults: OnFaults = lambda _row, _faults: None,
        on_batch: Callable[[int], None] = lambda _rows_done: None,
    ) -> ImportReport:
        """Add a list to a campaign; what is there already is not added again.

        Rows are committed some thousands at a time: an import that breaks off leaves whole
        batches behind, and loading the same list again completes them.
        """
        if not campaign_id or "/" in campaign_id:
            raise ValueError(f"a campaign id has no slash and is not empty: `{campaign_id}`")
        load = _Load(self, campaign_id, mapping, on_faults)
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH_ROWS)):
            with self._db:
                load.add(batch)
            on_batch(load.report.rows)
        return load.report

    def forget(self, campaign_id: str) -> int:
        """Remove a campaign's accounts, as before loading a list that replaces the former; say how many."""
        if (campaign := self._campaign(campaign_id)) is None:
            return 0
        count = self.count(campaign_id)
        with self._db:
            for statement in schema.FORGET:
                self._db.execute(statement, campaign[:1])
        return count

    def forget_person(self, person_id: str) -> int:
        """Remove everything that any list said of a person; say from how many lists."""
        numbers = [no for (no,) in self._db.execute("SELECT account_no FROM account WHERE person_id = ?", (person_id,))]
        self._db.execute("PRAGMA secure_delete=ON")  # overwritten, not only unlinked
        with self._db:
            for table in ("number", "claim", "account"):
                statement = f"DELETE FROM {table} WHERE account_no = ?"  # noqa: S608 - a name of ours
                self._db.executemany(statement, ((no,) for no in numbers))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return len(numbers)


class _Load:
    """One import under way."""

    def __init__(self, store: AccountStore, campaign_id: str, mapping: ListMapping, on_faults: OnFaults) -> None:
        self._store = store
        self._db = store._db
        self._mapping = mapping
        self._columns = {**mapping.columns.named(), **mapping.facts}
        self._on_faults = on_faults
        self._campaign_no, self._import_no = self._begin(campaign_id)
        self._last_no = int(store._one(schema.LAST_ACCOUNT))
        self.report = ImportReport()

    def _begin(self, campaign_id: str) -> tuple[int, int]:
        with self._db:
            self._db.execute(schema.BEGIN_IMPORT, (campaign_id, self._mapping.language))
        campaign = self._store._campaign(campaign_id)
        assert campaign is not None
        return campaign[0], campaign[2]

    def add(self, batch: list[ListRow | BadRow]) -> None:
        """Merge a batch into what is stored, inside the caller's transaction."""
        drafts = self._stored({row.person.person_id for row in batch if isinstance(row, ListRow)})
        counts = dict.fromkeys(("persons", "claims", "numbers", "updated", "already_there", "rejected", "faulty"), 0)
        for row in batch:
            if isinstance(row, BadRow):
                counts["rejected"] += 1
                self._on_faults(row, row.faults)
            else:
                self._add_row(row, drafts, counts)
        self._write(drafts.values())
        report = self.report
        self.report = evolve(
            report, rows=report.rows + len(batch), **{name: getattr(report, name) + n for name, n in counts.items()}
        )

    def _add_row(self, row: ListRow, drafts: dict[str, Draft], counts: dict[str, int]) -> None:
        person_id = row.person.person_id
        if (draft := drafts.get(person_id)) is None:
            self._last_no += 1
            draft = drafts[person_id] = Draft(self._last_no, person_id, 0, is_new=True)
            counts["persons"] += 1
            is_new_person = True
        else:
            is_new_person = False
        merged = draft.add(row, self._import_no)
        counts["claims"] += merged.claims
        counts["numbers"] += merged.numbers
        if not (is_new_person or merged.claims or merged.numbers):
            counts["updated" if merged.has_changed else "already_there"] += 1
        faults = row.faults
        if merged.conflicts:
            faults += tuple(self._conflict(row, name, reason) for name, reason in merged.conflicts)
        if faults:
            counts["faulty"] += 1
            self._on_faults(row, faults)

    def _conflict(self, row: ListRow, name: str, reason: str) -> RowFault:
        return RowFault(self._mapping.path, row.line, self._columns.get(name, name), reason, "")

    def _stored(self, person_ids: set[str]) -> dict[str, Draft]:
        if not person_ids:
            return {}
        drafts = self._store._drafts_of_persons(self._campaign_no, tuple(person_ids))
        return {draft.person_id: draft for draft in drafts.values()}

    def _write(self, drafts: Collection[Draft]) -> None:
        numbers: list[packing.Row] = []
        claims: list[packing.Row] = []
        for draft in drafts:
            if draft.has_new_numbers:
                numbers += packing.pack_numbers(draft)
            claims += packing.pack_claims(draft)
        self._db.executemany(schema.PUT_ACCOUNT, (packing.pack_account(self._campaign_no, draft) for draft in drafts))
        self._db.executemany(schema.PUT_NUMBER, numbers)
        self._db.executemany(schema.PUT_CLAIM, claims)


def _account(campaign_id: str, language: str, draft: Draft) -> Account:
    numbers: tuple[PhoneNumber, ...] = tuple(draft.numbers.values())
    return Account(
        account_id(campaign_id, draft.person_id),
        Person(draft.person_id, draft.zones, draft.language or language, draft.value_tier),
        numbers,
        tuple(claim for claim, _import_no in draft.claims.values()),
        packing.known_facts(draft.facts),
        draft.traits,
    )
