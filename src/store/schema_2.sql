-- A person of the school wrote to a candidate by hand (seen in the Sent folder, or as a copy): the program is silent for a while.
CREATE TABLE hand_answer (
    mail_id INTEGER NOT NULL REFERENCES mail (mail_id),
    dossier_id INTEGER NOT NULL REFERENCES dossier (dossier_id),
    at TEXT NOT NULL,
    PRIMARY KEY (mail_id, dossier_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX hand_answer_dossier ON hand_answer (dossier_id, at);

-- What the breakers count, and whom a bounce names: looked up without walking through the letters' bytes.
CREATE INDEX outbox_sent ON outbox (sent_at);
CREATE INDEX outbox_recipient ON outbox (lower(json_extract(recipients_json, '$[0]')));
