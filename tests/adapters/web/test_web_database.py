"""The web's own file."""

import apsw
import pytest

from adapters.web import database
from adapters.web.database import open_database


def test_a_file_of_the_first_version_is_brought_forward_with_everything_in_it(tmp_path):
    path = tmp_path / "web.db"
    old = apsw.Connection(str(path))
    old.execute(database._USERS)
    old.execute("pragma user_version = 1")
    old.execute("insert into audit values (1, 1, 'a', '', '', '', 1, '', '')")
    old.close()
    new = open_database(path)
    assert new.execute("select actor from audit").fetchall() == [("a",)]
    assert new.execute("select count(*) from hook").fetchall() == [(0,)]
    assert open_database(path).execute("pragma user_version").fetchone() == (len(database._STEPS),)


def test_a_file_of_a_later_version_is_left_alone(tmp_path):
    path = tmp_path / "web.db"
    later = apsw.Connection(str(path))
    later.execute("pragma user_version = 99")
    later.close()
    with pytest.raises(ValueError, match="newer version"):
        open_database(path)
