-- Statements can be undone, wait for a missing one, and are checked against their neighbours.
ALTER TABLE statement_file ADD COLUMN undone_at TEXT;
ALTER TABLE statement_file ADD COLUMN first_day TEXT;
ALTER TABLE statement_file ADD COLUMN last_day TEXT;

-- One movement as other formats print it, so that it is known again in each.
ALTER TABLE transfer ADD COLUMN family TEXT NOT NULL DEFAULT '';
ALTER TABLE transfer ADD COLUMN others_json TEXT NOT NULL DEFAULT '[]';

-- Balances of the statements of each file: the next opening balance must be the last closing one.
CREATE TABLE statement_balance (
    statement_file_id INTEGER NOT NULL REFERENCES statement_file (statement_file_id),
    statement INTEGER NOT NULL,
    account TEXT NOT NULL,
    opening_day TEXT,
    opening_cents INTEGER,
    closing_day TEXT,
    closing_cents INTEGER,
    PRIMARY KEY (statement_file_id, statement)
) STRICT, WITHOUT ROWID;

CREATE INDEX statement_balance_closing ON statement_balance (account, closing_day);

-- Headers of tables and what their columns are, as a person confirmed it once.
CREATE TABLE table_header (
    fingerprint TEXT PRIMARY KEY NOT NULL,
    columns_json TEXT NOT NULL,
    confirmed_at TEXT NOT NULL,
    actor TEXT NOT NULL
) STRICT, WITHOUT ROWID;
