-- name: tables
CREATE TABLE case_state (
    id         uuid PRIMARY KEY,
    community  text    NOT NULL,
    grid       text,
    status     text    NOT NULL,
    status_before text,
    tier       text,
    assignee   text,
    resolved   boolean NOT NULL,
    on_spot    boolean NOT NULL,
    reopenings bigint  NOT NULL,
    reworks    bigint  NOT NULL,
    whistles   bigint  NOT NULL,
    answered   boolean,
    solved     boolean,
    satisfied  bigint
) WITH (fillfactor = 70);
CREATE TABLE grid_state (
    id         uuid PRIMARY KEY,
    code       text    NOT NULL,
    households bigint  NOT NULL,
    worker     uuid,
    active     boolean NOT NULL
);
CREATE TABLE tally (
    place   text PRIMARY KEY COLLATE "C",
    counts  bigint[] NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE worker_tally (
    place   text PRIMARY KEY,
    counts  bigint[] NOT NULL
) WITH (fillfactor = 50);

-- name: add_places
INSERT INTO tally AS t (place, counts)
SELECT place, counts FROM json_to_recordset($1) AS x (place text, counts bigint[])
ON CONFLICT (place) DO UPDATE SET counts =
    (SELECT array_agg(a + b ORDER BY n) FROM unnest(t.counts, excluded.counts) WITH ORDINALITY AS u (a, b, n))

-- name: add_workers
INSERT INTO worker_tally AS t (place, counts)
SELECT place, counts FROM json_to_recordset($1) AS x (place text, counts bigint[])
ON CONFLICT (place) DO UPDATE SET counts =
    (SELECT array_agg(a + b ORDER BY n) FROM unnest(t.counts, excluded.counts) WITH ORDINALITY AS u (a, b, n))

-- name: forget_empty_places
DELETE FROM tally WHERE place = ANY($1) AND 0 = ALL (counts)

-- name: forget_empty_workers
DELETE FROM worker_tally WHERE place = ANY($1) AND 0 = ALL (counts)

-- name: of_places
SELECT place, counts FROM tallies.tally WHERE place = ANY($1)

-- name: of_workers
SELECT place, counts FROM tallies.worker_tally WHERE place = ANY($1)
