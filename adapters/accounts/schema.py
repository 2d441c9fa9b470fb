"""The tables of the account store, and what is asked of them."""

from typing import Final

SCHEMA_VERSION: Final = 1

SCHEMA: Final = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE campaign (
    campaign_no INTEGER PRIMARY KEY,
    campaign_id TEXT NOT NULL UNIQUE,
    language    TEXT NOT NULL,
    import_no   INTEGER NOT NULL
);
CREATE TABLE account (
    account_no  INTEGER PRIMARY KEY,
    campaign_no INTEGER NOT NULL REFERENCES campaign,
    person_id   TEXT NOT NULL,
    import_no   INTEGER NOT NULL,
    language    TEXT NOT NULL,
    value_tier  TEXT NOT NULL,
    zones       TEXT NOT NULL,
    facts       TEXT NOT NULL,
    traits      TEXT NOT NULL
);
CREATE UNIQUE INDEX account_of_person ON account (campaign_no, person_id);
CREATE INDEX account_in_list ON account (campaign_no);
CREATE TABLE number (
    account_no INTEGER NOT NULL REFERENCES account,
    position   INTEGER NOT NULL,
    number_id  TEXT NOT NULL,
    e164       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    zones      TEXT NOT NULL,
    PRIMARY KEY (account_no, position)
) WITHOUT ROWID;
CREATE TABLE claim (
    account_no    INTEGER NOT NULL REFERENCES account,
    position      INTEGER NOT NULL,
    claim_id      TEXT NOT NULL,
    import_no     INTEGER NOT NULL,
    balance_minor INTEGER NOT NULL,
    currency      TEXT NOT NULL,
    days_past_due INTEGER,
    product       TEXT NOT NULL,
    PRIMARY KEY (account_no, position)
) WITHOUT ROWID;
"""

COUNT: Final = "SELECT count(*) FROM account JOIN campaign USING (campaign_no) WHERE campaign_id = ?"

FIND_CAMPAIGN: Final = "SELECT campaign_no, language, import_no FROM campaign WHERE campaign_id = ?"

BEGIN_IMPORT: Final = """
INSERT INTO campaign (campaign_id, language, import_no) VALUES (?, ?, 1)
ON CONFLICT (campaign_id) DO UPDATE SET language = excluded.language, import_no = import_no + 1
"""

LAST_ACCOUNT: Final = "SELECT coalesce(max(account_no), 0) FROM account"

PAGE_OF_ACCOUNTS: Final = """
SELECT account_no, person_id, import_no, language, value_tier, zones, facts, traits
FROM account WHERE campaign_no = ? AND account_no > ? ORDER BY account_no LIMIT ?
"""

ACCOUNTS_OF_PERSONS: Final = """
SELECT account_no, person_id, import_no, language, value_tier, zones, facts, traits
FROM account WHERE campaign_no = ? AND person_id IN carray(?)
"""

NUMBERS: Final = """
SELECT account_no, number_id, e164, kind, zones
FROM number WHERE account_no IN carray(?) ORDER BY account_no, position
"""

CLAIMS: Final = """
SELECT account_no, import_no, claim_id, balance_minor, currency, days_past_due, product
FROM claim WHERE account_no IN carray(?) ORDER BY account_no, position
"""

PUT_ACCOUNT: Final = "REPLACE INTO account VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
PUT_NUMBER: Final = "REPLACE INTO number VALUES (?, ?, ?, ?, ?, ?)"
PUT_CLAIM: Final = "REPLACE INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

FORGET: Final = (
    "DELETE FROM number WHERE account_no IN (SELECT account_no FROM account WHERE campaign_no = ?)",
    "DELETE FROM claim WHERE account_no IN (SELECT account_no FROM account WHERE campaign_no = ?)",
    "DELETE FROM account WHERE campaign_no = ?",
)
