-- name: tables
CREATE TABLE invitation (
    id          uuid PRIMARY KEY,
    number      bigint      NOT NULL,
    division    text        NOT NULL COLLATE "C",
    unit_kind   text        NOT NULL,
    unit        text        NOT NULL,
    street      text,
    department  uuid,
    state       text        NOT NULL,
    matter      bytea       NOT NULL,
    sent_at     timestamptz NOT NULL,
    sent_for    date        NOT NULL,
    day         date        NOT NULL,
    carried     bigint      NOT NULL,
    answered_at timestamptz,
    cleared_at  timestamptz,
    words       bytea
) WITH (fillfactor = 80);
CREATE TABLE carry (
    invitation uuid        NOT NULL,
    number     bigint      NOT NULL,
    division   text        NOT NULL COLLATE "C",
    unit_kind  text        NOT NULL,
    unit       text        NOT NULL,
    was_due    date        NOT NULL,
    now_due    date        NOT NULL,
    carried_at timestamptz NOT NULL,
    reason     bytea       NOT NULL,
    PRIMARY KEY (invitation, number)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS invitation_by_day ON invitation (day, number);
CREATE INDEX IF NOT EXISTS invitation_by_division ON invitation (division, day, number);
