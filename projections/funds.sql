-- name: tables
CREATE TABLE fund (
    id          uuid PRIMARY KEY,
    street      text        NOT NULL COLLATE "C",
    year        bigint      NOT NULL,
    budget      bigint      NOT NULL,
    budgeted_at timestamptz NOT NULL,
    adjusted_at timestamptz,
    allocated   bigint      NOT NULL,
    allocations bigint      NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE allocation (
    id           uuid PRIMARY KEY,
    fund         uuid        NOT NULL,
    number       bigint      NOT NULL,
    street       text        NOT NULL COLLATE "C",
    community    text        NOT NULL COLLATE "C",
    amount       bigint      NOT NULL,
    use          text        NOT NULL,
    allocated_at timestamptz NOT NULL,
    returned     bigint      NOT NULL
) WITH (fillfactor = 80);
CREATE TABLE given_back (
    id          uuid PRIMARY KEY,
    allocation  uuid        NOT NULL,
    position    bigint      NOT NULL,
    street      text        NOT NULL COLLATE "C",
    amount      bigint      NOT NULL,
    reason      bytea,
    returned_at timestamptz NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS fund_by_street ON fund (street, year, id);
CREATE INDEX IF NOT EXISTS allocation_by_fund ON allocation (fund, number);
CREATE INDEX IF NOT EXISTS given_back_by_allocation ON given_back (allocation, position);
