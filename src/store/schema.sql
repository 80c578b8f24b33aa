-- The database as it stands after all migrations: commented for people, and held equal to the migrations by a test.
--
-- Instants are UTC in RFC 3339 with seconds ("2024-03-01T12:32:41Z"), civil dates are "2024-03-01", money is integer cents.
-- Columns named *_json hold derived values that only the program reads; everything a person decided has columns of its own.

-- One value under one name: the secret that references are drawn from, the day of the last digest.
CREATE TABLE setting (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;

-- How far each folder of the mailbox has been read. The cursor never passes a UID without a row in `mail`.
CREATE TABLE mailbox_cursor (
    mailbox TEXT PRIMARY KEY NOT NULL,
    uid_validity INTEGER NOT NULL,
    last_uid INTEGER NOT NULL
) STRICT;

-- A Maildir has no UIDs: a mail's unique name (without its flags) is what tells whether it was seen. The UID is its ordinal with us.
CREATE TABLE maildir_seen (
    mailbox TEXT NOT NULL,
    name TEXT NOT NULL,
    uid INTEGER NOT NULL,
    PRIMARY KEY (mailbox, name)
) STRICT, WITHOUT ROWID;

-- A person's file with us (dossier). Number and reference are given once and never change.
CREATE TABLE dossier (
    dossier_id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL UNIQUE,
    opened_at TEXT NOT NULL,
    dirty INTEGER NOT NULL DEFAULT 1 CHECK (dirty IN (0, 1)),
    -- When the plan wants to be asked again although nothing new has come (end of the settling time, reminders).
    review_at TEXT,
    -- The last plan's view of the dossier, derived: see domain/dossier.rs.
    state_json TEXT
) STRICT;

-- Every mail ever seen, whatever became of it.
CREATE TABLE mail (
    mail_id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox TEXT NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    -- Empty for a mail that was left out: its content never came.
    sha256 TEXT NOT NULL CHECK ((sha256 = '') = (left_out IS NOT NULL)),
    size_bytes INTEGER NOT NULL,
    arrived_at TEXT NOT NULL,
    -- erased: nothing about a person is left in the row; the hash tells the same mail when it comes again.
    -- left_out: it exists in the mailbox and could not be had. A person reads it there.
    state TEXT NOT NULL CHECK (state IN ('received', 'processed', 'duplicate', 'left_out', 'erased')),
    left_out TEXT CHECK (left_out IN ('too_large', 'not_given', 'not_readable')),
    -- Recorded at first start, or in doubt (the junk folder): never answered without a person's word.
    backlog INTEGER NOT NULL DEFAULT 0 CHECK (backlog IN (0, 1)),
    message_id TEXT,
    class TEXT,
    may_answer INTEGER NOT NULL DEFAULT 0 CHECK (may_answer IN (0, 1)),
    subject TEXT NOT NULL DEFAULT '',
    from_name TEXT,
    from_address TEXT,
    dossier_id INTEGER REFERENCES dossier (dossier_id),
    -- How the dossier was found, in closed words.
    dossier_basis TEXT,
    -- The parsed mail without its attachments (headers, text, findings), derived.
    facts_json TEXT,
    -- The outbox row that answered it.
    answered_by TEXT,
    UNIQUE (mailbox, uid_validity, uid)
) STRICT;

CREATE INDEX mail_sha256 ON mail (sha256);
CREATE INDEX mail_message_id ON mail (message_id);
CREATE INDEX mail_dossier ON mail (dossier_id);
-- Of the mails that wait alone: an index of all states would be chosen for "the first processed mail with this Message-ID" and walk them all.
CREATE INDEX mail_waiting ON mail (arrived_at, mail_id) WHERE state = 'received';

-- The files that came with a mail, archives already opened.
CREATE TABLE mail_file (
    mail_id INTEGER NOT NULL REFERENCES mail (mail_id),
    position INTEGER NOT NULL,
    -- The name as the candidate would recognise it, with its path in the archive.
    name TEXT NOT NULL,
    archive_name TEXT,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    -- What understanding made of it under this name (FileReading), derived.
    reading_json TEXT NOT NULL,
    PRIMARY KEY (mail_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_file_sha256 ON mail_file (sha256);

-- The costly half of reading, once for each content in its life (RawReading).
CREATE TABLE raw_reading (
    sha256 TEXT PRIMARY KEY NOT NULL,
    reader TEXT NOT NULL,
    raw_json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Contents that rows still name and that were removed when their time had come.
CREATE TABLE forgotten (
    sha256 TEXT PRIMARY KEY NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a person decided about a dossier. Rows are only ever added; the newest of a subject wins.
CREATE TABLE correction (
    correction_id INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier_id INTEGER NOT NULL REFERENCES dossier (dossier_id),
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    why TEXT NOT NULL,
    -- kind:<sha256>:<first page>, route, programme, degree_in_progress, requirement:<kind>, fee, withdrawn, name
    subject TEXT NOT NULL,
    value TEXT NOT NULL
) STRICT;

-- Statement files that were read.
CREATE TABLE statement_file (
    statement_file_id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    booked INTEGER NOT NULL CHECK (booked IN (0, 1)),
    findings_json TEXT NOT NULL,
    -- A person took the import back; its movements are not seen any more, unless another file holds them.
    undone_at TEXT,
    -- Days of its movements.
    first_day TEXT,
    last_day TEXT
) STRICT;

-- Movements on the school's account, each once however many files hold it.
CREATE TABLE transfer (
    transfer_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    booking_date TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    movement_json TEXT NOT NULL,
    -- The matching's view, derived.
    state TEXT NOT NULL DEFAULT 'unrelated' CHECK (state IN ('matched', 'to_review', 'unrelated', 'returned')),
    dossiers_json TEXT NOT NULL DEFAULT '[]',
    why_json TEXT NOT NULL DEFAULT '[]',
    -- The rule that decided, a closed word.
    tier TEXT NOT NULL DEFAULT '',
    -- The family of formats (camt, cfonb120, …) that movement_json was read from, and the movement as other families print it.
    family TEXT NOT NULL DEFAULT '',
    others_json TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX transfer_day ON transfer (account, booking_date);

-- Where each movement stands in the files.
CREATE TABLE transfer_source (
    statement_file_id INTEGER NOT NULL REFERENCES statement_file (statement_file_id),
    entry INTEGER NOT NULL,
    transfer_id INTEGER NOT NULL REFERENCES transfer (transfer_id),
    PRIMARY KEY (statement_file_id, entry)
) STRICT, WITHOUT ROWID;

CREATE INDEX transfer_source_transfer ON transfer_source (transfer_id);

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

-- What a person decided about a transfer; the newest that was not taken back wins.
CREATE TABLE transfer_decision (
    transfer_decision_id INTEGER PRIMARY KEY AUTOINCREMENT,
    transfer_id INTEGER NOT NULL REFERENCES transfer (transfer_id),
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    -- match, not_a_fee, unmatch
    verdict TEXT NOT NULL CHECK (verdict IN ('match', 'not_a_fee', 'unmatch')),
    dossiers_json TEXT NOT NULL,
    why TEXT NOT NULL DEFAULT '',
    -- Cents for each dossier, in their order, when she shared it out unevenly.
    shares_json TEXT,
    -- She took her word back: what the program makes of the transfer counts again.
    undone_at TEXT,
    undone_by TEXT
) STRICT;

-- Every letter that was ever due. What it says is fixed when it is queued; a retry is the same bytes.
CREATE TABLE outbox (
    outbox_id INTEGER PRIMARY KEY AUTOINCREMENT,
    letter_key TEXT NOT NULL UNIQUE,
    dossier_id INTEGER REFERENCES dossier (dossier_id),
    kind TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'queued', 'sending', 'sent', 'failed', 'in_doubt', 'cancelled')),
    recipients_json TEXT NOT NULL,
    -- Those of several recipients that the relay has not taken yet; NULL while that is all of them.
    recipients_left_json TEXT,
    in_reply_to TEXT,
    message_id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    message BLOB NOT NULL,
    says_json TEXT,
    queued_at TEXT NOT NULL,
    next_attempt_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Retries end five days after this, however long the letter waited for a person's word before.
    first_attempt_at TEXT,
    sent_at TEXT,
    -- Closed words about the last failure, never a server's text.
    failure TEXT,
    -- Set by a non-delivery report: hard or soft.
    bounced TEXT CHECK (bounced IN ('hard', 'soft'))
) STRICT;

CREATE INDEX outbox_state ON outbox (state, next_attempt_at);
CREATE INDEX outbox_dossier ON outbox (dossier_id);

-- Jury batches, frozen when built. `folder` is as the configuration says it: relative to the configuration's own folder, or absolute.
CREATE TABLE batch (
    batch_id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL,
    built_at TEXT NOT NULL,
    folder TEXT NOT NULL,
    manifest_json TEXT NOT NULL,
    numbers_json TEXT NOT NULL
) STRICT;

-- Decisions of the jury, entered by a person; approved when their letters may leave.
CREATE TABLE decision (
    decision_id INTEGER PRIMARY KEY AUTOINCREMENT,
    dossier_id INTEGER NOT NULL REFERENCES dossier (dossier_id),
    session TEXT NOT NULL,
    decision TEXT NOT NULL,
    opinion TEXT,
    comment TEXT,
    entered_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    approved_at TEXT
) STRICT;

-- The journal of operations: append-only, written in the transaction of the change it tells of.
CREATE TABLE journal (
    journal_id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    dossier_id INTEGER REFERENCES dossier (dossier_id),
    event TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE INDEX journal_dossier ON journal (dossier_id);

-- A person of the school wrote to a candidate by hand (seen in the Sent folder, or as a copy): the program is silent for a while.
CREATE TABLE hand_answer (
    mail_id INTEGER NOT NULL REFERENCES mail (mail_id),
    dossier_id INTEGER NOT NULL REFERENCES dossier (dossier_id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    PRIMARY KEY (mail_id, dossier_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX hand_answer_dossier ON hand_answer (dossier_id, at);

-- What the breakers count, and whom a bounce names: looked up without walking through the letters' bytes.
CREATE INDEX outbox_sent ON outbox (sent_at);
CREATE INDEX outbox_recipient ON outbox (lower(json_extract(recipients_json, '$[0]')));

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
