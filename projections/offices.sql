-- name: tables
CREATE TABLE office (
    id              uuid PRIMARY KEY,
    street          text        NOT NULL UNIQUE COLLATE "C",
    units           bigint      NOT NULL,
    staff           bigint      NOT NULL,
    tiers           bigint      NOT NULL,
    former_tiers    bigint,
    restructurings  bigint      NOT NULL,
    charted_at      timestamptz NOT NULL,
    restructured_at timestamptz
);
CREATE TABLE unit (
    office uuid   NOT NULL,
    number bigint NOT NULL,
    street text   NOT NULL COLLATE "C",
    name   text   NOT NULL,
    under  text,
    tier   bigint NOT NULL,
    staff  bigint NOT NULL,
    PRIMARY KEY (office, number)
);

-- name: forget
DELETE FROM unit WHERE office = ANY($1::uuid[])
