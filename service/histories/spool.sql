-- name: tables
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE step (
    number  INTEGER PRIMARY KEY, -- several rows may stand on one line
    line    INTEGER NOT NULL,
    history TEXT    NOT NULL,
    step    TEXT    NOT NULL,
    at      TEXT    NOT NULL,
    place   TEXT,
    said    TEXT    NOT NULL,
    command BLOB,
    taken   BLOB
);
CREATE UNIQUE INDEX report ON step (history) WHERE step = 'REPORT';
CREATE TABLE fault (
    line    INTEGER NOT NULL,
    field   TEXT    NOT NULL,
    history TEXT    NOT NULL,
    code    TEXT    NOT NULL,
    en      TEXT    NOT NULL,
    zh      TEXT    NOT NULL
);

-- name: add
INSERT INTO step (line, history, step, at, place, said) VALUES (?, ?, ?, ?, ?, ?)

-- name: report
SELECT line FROM step WHERE history = ? AND step = 'REPORT'

-- name: fault
INSERT INTO fault VALUES (?, ?, ?, ?, ?, ?)

-- name: order
CREATE INDEX in_order ON step (at, number);
CREATE INDEX in_history ON step (history, at, number);

-- name: numbered
SELECT number, history, step, at, row_number() OVER (PARTITION BY history, step, at ORDER BY number) FROM step

-- name: name
UPDATE step SET command = ? WHERE number = ?

-- name: named
SELECT number, command FROM step WHERE number > ? ORDER BY number LIMIT ?

-- name: take
UPDATE step SET taken = ? WHERE number = ?

-- name: steps
SELECT line, history, step, at, said, command, taken,
       coalesce((SELECT place FROM step p WHERE p.history = s.history AND p.place IS NOT NULL
                 AND (p.at, p.number) <= (s.at, s.number) ORDER BY p.at DESC, p.number DESC LIMIT 1), ''),
       (SELECT command FROM step b WHERE b.history = s.history AND b.taken IS NOT NULL
        AND (b.at, b.number) < (s.at, s.number) ORDER BY b.at DESC, b.number DESC LIMIT 1),
       EXISTS (SELECT 1 FROM step l WHERE l.history = s.history AND l.taken IS NOT NULL
               AND (l.at, l.number) > (s.at, s.number))
FROM step s ORDER BY at, number

-- name: faults
SELECT line, field, history, code, en, zh FROM fault ORDER BY line

-- name: codes
SELECT code, count(*), min(line) FROM fault GROUP BY code ORDER BY 2 DESC, 1

-- name: steps_count
SELECT count(*) FROM step
