"""What programs ask of a running engine, in pages."""

from dialer.books import HeldRow
from dialer.engine_books import _page


def _row(account_id, known):
    return HeldRow(account_id, "r.one", None) if known else None


async def test_pages_are_in_order_of_ids_and_lose_and_repeat_nothing():
    known = {f"a-{number * 7919 % 5000:04d}": number % 3 != 0 for number in range(5000)}
    wanted = sorted(name for name, is_in in known.items() if is_in)
    found, after = [], ""
    while page := await _page(known, _row, after, 700):
        found += [one.account_id for one in page]
        after = page[-1].account_id
    assert found == wanted
