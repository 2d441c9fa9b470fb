"""`paceline journal verify`, `keygen` and `anchor`: that a journal is what was written, and how to prove it."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import cyclopts
import trio
from cyclopts import Parameter

from dialer.anchors import AnchorError, check_anchors, new_keys, read_anchors, sign_anchor, write_anchor
from dialer.chain import ChainFault, Link, first_fault
from dialer.clock import system_now
from dialer.commands.stores import open_journal
from dialer.commands.terminal import console, fail
from dialer.ports import ChainedStore
from dialer.record_codec import RecordError, decode
from dialer.records import Erased
from dialer.sealing import token_of

__all__ = ["app"]

app = cyclopts.App(name="journal", help="Look into a journal, prove it, and keep to the law on what it holds.")


@app.command
def verify(
    journal: str,
    *,
    anchors: Annotated[Path | None, Parameter(help="Signed anchors of this journal.")] = None,
    key: Annotated[Path | None, Parameter(help="The public key they were signed with.")] = None,
) -> None:
    """Find the first record that was altered, is missing or stands elsewhere; exit 1 if there is one."""
    if (anchors is None) != (key is None):
        fail("--anchors and --key go together: an anchor proves nothing without a key that you trust")
    with closing(open_journal(journal, must_exist=True)) as store:
        fault = _first_fault(store)
        count = store.head().number
        signed = 0
        if fault is None and anchors is not None and key is not None:
            try:
                found = read_anchors(_read(anchors).splitlines(), _read(key))
            except AnchorError as error:
                fail(f"{anchors}: {error}")
            signed = len(found)
            fault = next(check_anchors(found, store.journal_id, store.links()), None)
    if fault is not None:
        console.print(f"{journal}: {fault}", style="red", highlight=False, markup=False, soft_wrap=True)
        sys.exit(1)
    said = f", and agrees with {signed:,} signed anchors" if anchors is not None else ""
    console.print(f"{journal}: {count:,} records, each as it was written{said}", highlight=False, soft_wrap=True)


def _first_fault(store: ChainedStore) -> ChainFault | None:
    sealed: dict[str, int] = {}
    erased: set[str] = set()

    def seen(links: Iterator[Link]) -> Iterator[Link]:
        for one in links:
            token = token_of(one.line)
            if token is not None:
                sealed.setdefault(token, one.number)
            elif one.line.startswith(b'["erased",'):
                erased.update(_erased_in(one.line))
            yield one

    # The head is read first: a journal that is being written may only have grown meanwhile.
    head = store.head()
    fault = first_fault(seen(link for link in store.links() if link.number <= head.number), head)
    if fault is not None:
        return fault
    lost = {number for token, number in sealed.items() if token not in erased | store.known_tokens()}
    if lost:
        return ChainFault(min(lost), "unreadable", "the key of its person is missing, and no erasure says why")
    return None


def _erased_in(line: bytes) -> Iterator[str]:
    try:
        record = decode(line)
    except RecordError:
        return
    if isinstance(record, Erased):
        yield record.person


@app.command
def keygen(into: Path = Path("anchor")) -> None:
    """Make the pair of keys for anchors: INTO.key, to be kept from whoever can write the journal, and INTO.pub."""
    private, public = into.with_suffix(".key"), into.with_suffix(".pub")
    for path in (private, public):
        if path.exists():
            fail(f"{path}: exists already; anchors signed with it need it")
    texts = new_keys()
    with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(texts[0])
    public.write_bytes(texts[1])
    console.print(f"{private} signs, {public} checks", highlight=False, soft_wrap=True)


@app.command
def anchor(
    journal: str,
    *,
    key: Annotated[Path, Parameter(help="The private key.")] = Path("anchor.key"),
    out: Annotated[Path, Parameter(help="The file of anchors, best on another machine.")] = Path("anchors.jsonl"),
    every_s: Annotated[float | None, Parameter(help="Go on, one in so many seconds, until ended.")] = None,
) -> None:
    """Sign what the journal is now, and add that to the anchors."""
    private = _read(key)
    _sign(journal, private, out)
    if every_s is not None:
        trio.run(_sign_on, journal, private, out, every_s)


async def _sign_on(journal: str, private: bytes, out: Path, every_s: float) -> None:
    while True:
        await trio.sleep(every_s)
        await trio.to_thread.run_sync(_sign, journal, private, out)


def _sign(journal: str, private: bytes, out: Path) -> None:
    with closing(open_journal(journal, must_exist=True)) as store:
        try:
            made = sign_anchor(private, store.journal_id, store.head(), system_now())
        except AnchorError as error:
            fail(str(error))
    with out.open("ab") as file:
        file.write(write_anchor(made))
        file.flush()
        os.fsync(file.fileno())
    console.print(f"{out}: record {made.number:,} signed", highlight=False, soft_wrap=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path}: cannot be read ({error.strerror}); check the path")
