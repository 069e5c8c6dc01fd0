"""Tables of the annotation store; the event log is the truth, labels and decisions are its view."""

from __future__ import annotations

VERSION = 1

#: ``sentence.n_labels`` counts people's labels only: those of machine passes close no task.
DDL = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE sentence (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL,
  report_id TEXT NOT NULL,
  position TEXT NOT NULL,
  region TEXT NOT NULL,
  year TEXT NOT NULL,
  section TEXT NOT NULL,
  heading TEXT NOT NULL,
  previous TEXT NOT NULL,
  next TEXT NOT NULL,
  pool TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('evaluation', 'overlap', 'training', 'candidate')),
  inclusion REAL,
  n_required INTEGER NOT NULL,
  priority REAL NOT NULL,
  n_labels INTEGER NOT NULL DEFAULT 0,
  extra TEXT NOT NULL
);
CREATE INDEX open_sentence ON sentence (priority, id)
  WHERE role <> 'candidate' AND n_labels < n_required;
CREATE INDEX sentence_role ON sentence (role);

CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  sentence INTEGER REFERENCES sentence (id),
  who TEXT NOT NULL,
  at TEXT NOT NULL,
  digest TEXT NOT NULL,
  payload TEXT NOT NULL
);
CREATE INDEX event_of ON event (who, kind, seq);
CREATE INDEX event_sentence ON event (sentence, who) WHERE sentence IS NOT NULL;
CREATE TRIGGER event_stays BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_remains BEFORE DELETE ON event
  BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

CREATE TABLE label (
  sentence INTEGER NOT NULL REFERENCES sentence (id),
  who TEXT NOT NULL,
  event TEXT NOT NULL,
  machine INTEGER NOT NULL,
  coding TEXT NOT NULL,
  PRIMARY KEY (sentence, who)
) WITHOUT ROWID;
CREATE INDEX label_of ON label (who);

CREATE TABLE final (
  sentence INTEGER PRIMARY KEY REFERENCES sentence (id),
  event TEXT NOT NULL,
  source TEXT NOT NULL,
  decision TEXT NOT NULL
);

CREATE TABLE lease (
  sentence INTEGER NOT NULL REFERENCES sentence (id),
  who TEXT NOT NULL,
  expires REAL NOT NULL,
  suggestion TEXT NOT NULL,
  PRIMARY KEY (sentence, who)
) WITHOUT ROWID;

CREATE TABLE relabel (
  sentence INTEGER NOT NULL REFERENCES sentence (id),
  who TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (sentence, who)
) WITHOUT ROWID;
CREATE INDEX relabel_of ON relabel (who);

CREATE TABLE suggestion (
  sentence INTEGER PRIMARY KEY REFERENCES sentence (id),
  model TEXT NOT NULL,
  levels TEXT NOT NULL
);

CREATE TABLE model (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  card TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE account (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('annotator', 'adjudicator', 'admin')),
  password TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE session (
  token TEXT PRIMARY KEY, name TEXT NOT NULL, csrf TEXT NOT NULL, expires REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE failure (key TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX failure_of ON failure (key, at);

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
  action TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
"""
