-- name: tables
CREATE TABLE split (
    id          uuid PRIMARY KEY,
    community   text        NOT NULL COLLATE "C",
    state       text        NOT NULL,
    households  bigint      NOT NULL,
    heir        text        NOT NULL COLLATE "C",
    basis       text        NOT NULL,
    planned_at  timestamptz NOT NULL,
    staff_by    date,
    divided_at  timestamptz,
    given_up_at timestamptz
);
CREATE TABLE part (
    split      uuid    NOT NULL,
    code       text    NOT NULL COLLATE "C",
    name       text    NOT NULL,
    households bigint  NOT NULL,
    grids      bigint  NOT NULL,
    heir       boolean NOT NULL,
    staff      bigint  NOT NULL,
    staffed_at timestamptz,
    PRIMARY KEY (split, code)
);

-- name: indexes
CREATE UNIQUE INDEX IF NOT EXISTS split_by_community ON split (community);
CREATE INDEX IF NOT EXISTS part_by_code ON part (code);

-- name: parts
SELECT split, code FROM part WHERE split = ANY($1)

-- name: forget_parts
DELETE FROM part WHERE split = ANY($1)
