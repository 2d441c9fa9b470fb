"""A PostgreSQL of the tests' own; each test gets a schema in it."""

import os
from itertools import count

import psycopg
import pytest

from bench.postgres_server import HOW_TO, NoPostgresError, server

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server():
    try:
        with server() as url:
            yield url
    except NoPostgresError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"{missing or HOW_TO}; then run this again")


@pytest.fixture
def postgres_url(postgres_server):
    """The address of an empty schema."""
    schema = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {schema}")
    return f"{postgres_server}&options=-csearch_path%3D{schema}"
