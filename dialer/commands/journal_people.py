"""`paceline journal show`, `export`, `erase` and `retain`: what a journal says of people, and how long it may."""

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import polars
from cyclopts import Parameter
from rich.table import Table

from adapters.accounts import AccountStore
from dialer.clock import system_now
from dialer.commands.journal_proof import app
from dialer.commands.locking import lock_journal
from dialer.commands.stores import is_file_address, journal_path, open_journal
from dialer.commands.terminal import Language, console, fail
from dialer.history import COLUMNS, EVENTS, HistoryRow, history, rows_of, word
from dialer.ports import ChainedStore
from dialer.record_codec import decode_all, encode
from dialer.records import Erased
from dialer.sealing import erased_name

__all__ = ["app"]

# The longest duty that the shipped packs' countries put on a record of calls: ten years for records of sales of
# financial products in Korea (금융소비자보호법 art. 28, decree art. 26). Others: docs/journal.md.
_KEEP_YEARS = 10.0
_YEAR_S = 365.25 * 86_400
_BATCH = 100_000

Person = Annotated[str, Parameter(help="The person's id, as the lists have it.")]
Claim = Annotated[str | None, Parameter(help="Only attempts about this claim.")]
KeepYears = Annotated[float, Parameter(help="How long records of a person are kept after the last one.")]


@app.command
def show(
    journal: str,
    *,
    person: Person,
    claim: Claim = None,
    time_zone: Annotated[str, Parameter(help="In whose time the table is.")] = "Asia/Seoul",
    language: Language = "en",
) -> None:
    """Print every attempt on a person, every refusal and every statement, in order."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        fail(f"--time-zone {time_zone}: write one like Asia/Seoul")
    if language not in ("ko", "en"):
        fail(f"--language {language}: write ko or en")
    table = Table(title=person)
    for name in COLUMNS:
        table.add_column(word(COLUMNS, name, language), overflow="fold")
    with closing(open_journal(journal, must_exist=True)) as store:
        for row in history(decode_all(store.read()), person, claim):
            at = row.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
            event = word(EVENTS, row.kind, language)
            table.add_row(str(row.number), at, event, row.campaign_id, row.attempt_id, row.detail)
    if not table.row_count:
        fail(f"{person}: the journal knows nothing of this person; ids are those of the lists, prefix included")
    console.print(table)


@app.command
def export(
    journal: str,
    to: Path,
    *,
    person: Annotated[str | None, Parameter(help="Only this person.")] = None,
    claim: Claim = None,
) -> None:
    """Write the records about people to a CSV or Parquet file, by the name's ending."""
    if to.suffix not in (".csv", ".parquet"):
        fail(f"{to}: the name must end in .csv or .parquet")
    if claim is not None and person is None:
        fail("--claim needs --person: claims are a person's")
    with closing(open_journal(journal, must_exist=True)) as store:
        records = decode_all(store.read())
        rows = rows_of(records) if person is None else history(records, person, claim)
        frames = list(_frames(rows))
    table = polars.concat(frames) if frames else polars.DataFrame(schema=_SCHEMA)
    if to.suffix == ".csv":
        table.write_csv(to, datetime_format="%Y-%m-%dT%H:%M:%S%.3fZ")
    else:
        table.write_parquet(to)
    console.print(f"{to}: {len(table):,} records", highlight=False, soft_wrap=True)


_SCHEMA: dict[str, polars.DataType | type[polars.DataType]] = {
    "number": polars.Int64,
    "at": polars.Datetime("us", "UTC"),
    "event": polars.String,
    "campaign_id": polars.String,
    "attempt_id": polars.String,
    "account_id": polars.String,
    "person_id": polars.String,
    "particulars": polars.String,
}


def _frames(rows: Iterator[HistoryRow]) -> Iterator[polars.DataFrame]:
    """A frame for each so many rows: tuples of Python are ten times as large."""
    batch: list[tuple[object, ...]] = []
    for row in rows:
        said = msgspec.json.encode(row.particulars).decode()
        batch.append(
            (row.number, row.at, row.kind, row.campaign_id, row.attempt_id, row.account_id, row.person_id, said)
        )
        if len(batch) == _BATCH:
            yield polars.DataFrame(batch, schema=_SCHEMA, orient="row")
            batch = []
    if batch:
        yield polars.DataFrame(batch, schema=_SCHEMA, orient="row")


@app.command
def erase(
    journal: str,
    *,
    person: Person,
    reason: Annotated[str, Parameter(help="Why, for the journal: a request, an order. No personal data.")],
    accounts: Annotated[Path | None, Parameter(help="An account store to forget the person too.")] = None,
    keep_years: KeepYears = _KEEP_YEARS,
    despite_duty: Annotated[
        bool, Parameter(help="Erase although records must still be kept; you answer for it.", negative="")
    ] = False,
) -> None:
    """Make everything the journal says of a person unreadable for good; its chain stays valid."""
    with _opened_alone(journal) as store:
        owners, last_at = _owners(store, person)
        if not owners:
            fail(f"{person}: the journal knows nothing of this person")
        free_at = last_at + timedelta(seconds=keep_years * _YEAR_S)
        if free_at > system_now() and not despite_duty:
            fail(
                f"{person}: records of calls must be kept for {keep_years:g} years, here until {free_at:%Y-%m-%d}; "
                "set --keep-years to the duty that binds you, or say --despite-duty"
            )
        _erase(store, owners, reason)
    lists = 0
    if accounts is not None:
        if not accounts.exists():
            fail(f"{accounts}: there is no such account store; the journal is erased, the lists are not")
        with AccountStore(accounts) as kept:
            lists = kept.forget_person(person)
    console.print(
        f"{person}: erased from the journal and from {lists} lists; lists in files and backups are yours to clean",
        highlight=False,
        soft_wrap=True,
    )


@app.command
def retain(
    journal: str,
    *,
    keep_years: KeepYears = _KEEP_YEARS,
    dry_run: Annotated[bool, Parameter(help="Only count.", negative="")] = False,
) -> None:
    """Erase everybody whose last record is older than records must be kept."""
    with _opened_alone(journal) as store:
        oldest = system_now() - timedelta(seconds=keep_years * _YEAR_S)
        last: dict[str, datetime] = {}
        accounts: dict[str, set[str]] = {}
        for row in rows_of(decode_all(store.read())):
            last[row.person_id] = row.at
            accounts.setdefault(row.person_id, set()).add(row.account_id)
        # Whoever is erased already stands there under their token.
        due = [person for person, at in last.items() if at < oldest and not person.startswith(erased_name(""))]
        if due and not dry_run:
            owners = {owner for person in due for owner in (person, *accounts[person])}
            _erase(store, owners, f"kept for {keep_years:g} years")
    console.print(
        f"{journal}: {len(due):,} persons {'are due' if dry_run else 'erased'}", highlight=False, soft_wrap=True
    )


@contextmanager
def _opened_alone(journal: str) -> Iterator[ChainedStore]:
    """A file must not be written by anybody else meanwhile; a server sees to that itself."""
    if not is_file_address(journal):
        with closing(open_journal(journal)) as store:
            yield store
        return
    path = journal_path(journal)
    if not path.exists():
        fail(f"{path}: there is no such journal; check the path")
    with lock_journal(path, take_over=False, drain_s=0.0), closing(open_journal(journal)) as store:
        yield store


def _owners(store: ChainedStore, person: str) -> tuple[set[str], datetime]:
    """Under which names the keys of a person are kept, and when the last record about them was written."""
    owners, last_at = set(), system_now()
    for row in history(decode_all(store.read()), person):
        owners |= {row.person_id, row.account_id}
        last_at = row.at
    return owners, last_at


def _erase(store: ChainedStore, owners: Collection[str], reason: str) -> list[str]:
    tokens = store.erase(owners)
    store.append_nowait([encode(Erased(system_now(), token, reason)) for token in tokens])
    return tokens
