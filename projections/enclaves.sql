-- name: tables
CREATE TABLE enclave (
    id            uuid PRIMARY KEY,
    place         text        NOT NULL UNIQUE COLLATE "C",
    name          text        NOT NULL,
    lies_in       text        NOT NULL COLLATE "C",
    holder        text        NOT NULL COLLATE "C",
    first_holder  text        NOT NULL COLLATE "C",
    adjoining     boolean     NOT NULL,
    remedy        text        NOT NULL,
    identified_at timestamptz NOT NULL,
    settled_at    timestamptz,
    successor     text        COLLATE "C",
    basis         text
);

-- name: indexes
CREATE INDEX IF NOT EXISTS enclave_by_land ON enclave (lies_in);

-- name: holdings
SELECT p.place,
       e.id AS enclave,
       CASE WHEN e.id IS NULL THEN left(p.place, CASE WHEN strpos(p.place, '-') > 0 THEN 12 ELSE 9 END)
            WHEN e.settled_at <= $2 THEN e.holder
            ELSE e.first_holder END AS holder,
       $2::timestamptz AS at
FROM (SELECT DISTINCT place COLLATE "C" AS place FROM unnest($1::text[]) AS asked (place)) p
LEFT JOIN enclaves.enclave e ON e.place = p.place
ORDER BY p.place
