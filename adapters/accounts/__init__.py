"""Campaign lists: read from files, checked row by row, kept in SQLite."""

from adapters.accounts.importing import import_list
from adapters.accounts.reader import BadRow, ListRow, RowFault
from adapters.accounts.store import AccountStore, ImportReport
from adapters.accounts.tables import ListError

__all__ = ["AccountStore", "BadRow", "ImportReport", "ListError", "ListRow", "RowFault", "import_list"]
