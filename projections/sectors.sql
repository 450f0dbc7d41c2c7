-- name: tables
CREATE TABLE sector (
    id           uuid PRIMARY KEY,
    code         text        NOT NULL UNIQUE COLLATE "C",
    street       text        NOT NULL COLLATE "C",
    name         text        NOT NULL,
    drawn_at     timestamptz NOT NULL,
    dissolved_at timestamptz
);
CREATE TABLE member (
    sector    uuid        NOT NULL,
    community text        PRIMARY KEY COLLATE "C",
    since     timestamptz NOT NULL
);
CREATE INDEX member_by_sector ON member (sector, community);

-- name: forget
DELETE FROM member WHERE sector = ANY($1::uuid[]) RETURNING sector, community, since
