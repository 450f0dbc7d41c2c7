-- name: tables
CREATE TABLE election (
    id            uuid PRIMARY KEY,
    community     text        NOT NULL COLLATE "C",
    mode          text        NOT NULL,
    status        text        NOT NULL,
    term          uuid,
    ballot_on     date        NOT NULL,
    regime        text        NOT NULL,
    ground        text,
    proposers     text,
    supporters    bigint,
    entitled      bigint,
    voters        bigint,
    households    bigint,
    groups        bigint,
    electors      bigint,
    nominated     bigint,
    present       bigint,
    roll_hash     text,
    protocol_hash text,
    void_ground   text,
    called_at     timestamptz NOT NULL,
    held_at       timestamptz,
    ended_at      timestamptz
);
CREATE TABLE contest (
    election uuid   NOT NULL,
    number   bigint NOT NULL,
    office   text   NOT NULL,
    seats    bigint NOT NULL,
    PRIMARY KEY (election, number)
);
CREATE TABLE candidate (
    election uuid   NOT NULL,
    number   bigint NOT NULL,
    person   uuid   NOT NULL,
    office   text   NOT NULL,
    at_least bigint,
    at_most  bigint,
    elected  boolean,
    PRIMARY KEY (election, number)
);

-- name: indexes
CREATE INDEX IF NOT EXISTS election_by_community ON election (community, ballot_on);
CREATE INDEX IF NOT EXISTS election_by_day ON election (ballot_on, id);

-- name: turnout
SELECT extract(year FROM e.ballot_on)::bigint AS year,
       count(*) AS elections,
       count(*) FILTER (WHERE e.status = 'CERTIFIED') AS certified,
       count(*) FILTER (WHERE e.status = 'VOIDED') AS voided,
       count(e.present) AS held,
       coalesce(sum(e.electors) FILTER (WHERE e.present IS NOT NULL), 0)::bigint AS electors,
       coalesce(sum(e.present), 0)::bigint AS present,
       $1::text AS place
FROM elections.election e
WHERE e.community >= $1 AND e.community < $1 || '~'
GROUP BY 1
