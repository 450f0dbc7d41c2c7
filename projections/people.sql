-- name: tables
CREATE TABLE person (
    id             uuid PRIMARY KEY,
    place          text        NOT NULL COLLATE "C",
    label          text        NOT NULL COLLATE "C",
    name           bytea,
    registered_at  timestamptz NOT NULL,
    rung           text,
    rung_at        timestamptz,
    trainings_completed bigint NOT NULL,
    training_hours bigint      NOT NULL
);
CREATE TABLE training (
    id           uuid PRIMARY KEY,
    person       uuid        NOT NULL,
    number       bigint      NOT NULL,
    place        text        NOT NULL COLLATE "C",
    tier         text        NOT NULL,
    course       text        NOT NULL,
    hours        bigint      NOT NULL,
    completed_at timestamptz NOT NULL
);
CREATE TABLE appraisal (
    id           uuid PRIMARY KEY,
    person       uuid        NOT NULL,
    place        text        NOT NULL COLLATE "C",
    period       text        NOT NULL COLLATE "C",
    points       bigint      NOT NULL,
    comment      bytea,
    appraised_at timestamptz NOT NULL
);
CREATE TABLE incentive (
    id         uuid PRIMARY KEY,
    appraisal  uuid        NOT NULL,
    position   bigint      NOT NULL,
    place      text        NOT NULL COLLATE "C",
    incentive  bytea       NOT NULL,
    granted_at timestamptz NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS person_by_place ON person (place, id);
CREATE INDEX IF NOT EXISTS person_by_label ON person (label, id);
CREATE INDEX IF NOT EXISTS training_by_person ON training (person, number);
CREATE INDEX IF NOT EXISTS training_by_place ON training (place, completed_at);
CREATE INDEX IF NOT EXISTS appraisal_by_place ON appraisal (place, period, id);
CREATE INDEX IF NOT EXISTS appraisal_by_person ON appraisal (person, period);
CREATE INDEX IF NOT EXISTS incentive_by_appraisal ON incentive (appraisal, position);

-- name: ladder
SELECT r.rank - 1 AS rank, r.rung, count(p.id) AS persons, $1::text AS place
FROM unnest(ARRAY[NULL::text] || $2::text[]) WITH ORDINALITY AS r (rung, rank)
LEFT JOIN people.person p ON p.rung IS NOT DISTINCT FROM r.rung AND p.place >= $1 AND p.place < $1 || '~'
GROUP BY r.rank, r.rung

-- name: hours
SELECT u.rank, u.tier, count(t.id) AS trainings, count(DISTINCT t.person) AS persons,
       coalesce(sum(t.hours), 0)::bigint AS hours, $1::text AS place
FROM unnest($2::text[]) WITH ORDINALITY AS u (tier, rank)
LEFT JOIN people.training t ON t.tier = u.tier AND t.place >= $1 AND t.place < $1 || '~'
    AND t.completed_at >= coalesce($3::timestamptz, '-infinity')
    AND t.completed_at < coalesce($4::timestamptz, 'infinity')
GROUP BY u.rank, u.tier
