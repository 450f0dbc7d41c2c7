-- name: tables
CREATE TABLE exercise (
    id           uuid PRIMARY KEY,
    number       bigint      NOT NULL,
    street       text        NOT NULL COLLATE "C",
    power        text        NOT NULL,
    exercised_at timestamptz NOT NULL,
    department   uuid,
    body         text        COLLATE "C",
    period       text,
    score        bigint,
    evidence     bigint      NOT NULL,
    plan         text,
    words        bytea,
    answered_at  timestamptz,
    adopted      boolean,
    answer       bytea
) WITH (fillfactor = 80);
CREATE TABLE evidence (
    exercise uuid   NOT NULL,
    number   bigint NOT NULL,
    whistle  uuid   NOT NULL,
    PRIMARY KEY (exercise, number)
);
CREATE TABLE entry (
    id           uuid PRIMARY KEY,
    number       bigint      NOT NULL,
    street       text        NOT NULL COLLATE "C",
    power        text        NOT NULL,
    exercised_at timestamptz NOT NULL,
    exercise     uuid,
    allocation   uuid
);

-- name: indexes
CREATE INDEX IF NOT EXISTS entry_by_number ON entry (number);
CREATE INDEX IF NOT EXISTS entry_by_street ON entry (street, number);
CREATE INDEX IF NOT EXISTS exercise_by_department ON exercise (department) WHERE department IS NOT NULL;
CREATE INDEX IF NOT EXISTS entry_by_power ON entry (power, street, exercised_at);

-- name: summary
SELECT p.rank, p.power, count(e.id) AS exercises, count(DISTINCT e.street) AS streets,
       max(e.exercised_at) AS last_at, $1::text AS place
FROM unnest($2::text[]) WITH ORDINALITY AS p (power, rank)
LEFT JOIN powers.entry e ON e.power = p.power AND e.street >= $1 AND e.street < $1 || '~'
    AND e.exercised_at >= coalesce($3::timestamptz, '-infinity')
    AND e.exercised_at < coalesce($4::timestamptz, 'infinity')
GROUP BY p.rank, p.power
