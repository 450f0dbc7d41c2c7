-- name: tables
CREATE TABLE committee (
    id         uuid PRIMARY KEY,
    community  text   NOT NULL COLLATE "C",
    election   uuid   NOT NULL,
    elected_on date   NOT NULL,
    term_from  date   NOT NULL,
    term_until date   NOT NULL,
    terms      bigint NOT NULL,
    seat_count bigint NOT NULL,
    vacant     bigint NOT NULL
);
CREATE TABLE seat (
    committee    uuid   NOT NULL,
    number       bigint NOT NULL,
    office       text   NOT NULL,
    person       uuid,
    since        timestamptz NOT NULL,
    PRIMARY KEY (committee, number)
);
CREATE TABLE membership (
    committee uuid   NOT NULL,
    number    bigint NOT NULL,
    person    uuid   NOT NULL,
    office    text   NOT NULL,
    election  uuid   NOT NULL,
    since     timestamptz NOT NULL,
    until     timestamptz,
    ended     text,
    PRIMARY KEY (committee, number)
);
CREATE TABLE recall (
    committee  uuid   NOT NULL,
    number     bigint NOT NULL,
    person     uuid   NOT NULL,
    office     text   NOT NULL,
    proposers  text   NOT NULL,
    supporters bigint NOT NULL,
    entitled   bigint NOT NULL,
    electors   bigint NOT NULL,
    present    bigint NOT NULL,
    at_least   bigint NOT NULL,
    at_most    bigint NOT NULL,
    recalled_at timestamptz NOT NULL,
    PRIMARY KEY (committee, number)
);

-- name: indexes
CREATE UNIQUE INDEX IF NOT EXISTS committee_by_community ON committee (community);
CREATE INDEX IF NOT EXISTS committee_by_term ON committee (term_until, id);
CREATE INDEX IF NOT EXISTS membership_by_person ON membership (person);
