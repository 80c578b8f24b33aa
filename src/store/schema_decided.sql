-- Why a person decided so about a transfer, how she shared it out, and whether she took her word back.
ALTER TABLE transfer_decision ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE transfer_decision ADD COLUMN shares_json TEXT;
ALTER TABLE transfer_decision ADD COLUMN undone_at TEXT;
ALTER TABLE transfer_decision ADD COLUMN undone_by TEXT;

-- What a person decided about a mail: whose it is. Rows are only ever added; the newest of a mail wins. By content, so that it outlives row numbers.
CREATE TABLE mail_decision (
    mail_decision_id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    why TEXT NOT NULL,
    -- Empty: it belongs to no dossier.
    number TEXT NOT NULL
) STRICT;

CREATE INDEX mail_decision_sha256 ON mail_decision (sha256);

-- What the first page of a document looks like to the teaching of kinds (tasks/lessons.rs), and what the program took it for: derived.
CREATE TABLE document_shape (
    sha256 TEXT NOT NULL,
    first_page INTEGER NOT NULL,
    kind TEXT NOT NULL,
    words_json TEXT NOT NULL,
    PRIMARY KEY (sha256, first_page)
) STRICT, WITHOUT ROWID;
