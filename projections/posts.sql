-- name: tables
CREATE TABLE post (
    id             uuid PRIMARY KEY,
    kind           text        NOT NULL,
    place          text        NOT NULL COLLATE "C",
    unit           uuid,
    established_at timestamptz NOT NULL,
    holder         uuid,
    since          timestamptz,
    tenures        bigint      NOT NULL
);
CREATE TABLE tenure (
    id       uuid PRIMARY KEY,
    post     uuid        NOT NULL,
    number   bigint      NOT NULL,
    kind     text        NOT NULL,
    place    text        NOT NULL COLLATE "C",
    unit     uuid,
    person   uuid        NOT NULL,
    election uuid,
    standing text,
    since    timestamptz NOT NULL,
    until    timestamptz,
    reason   bytea
);
CREATE TABLE leadership (
    id         uuid PRIMARY KEY,
    place      text        NOT NULL COLLATE "C",
    secretary  uuid,
    director   uuid,
    concurrent boolean     NOT NULL,
    changed_at timestamptz NOT NULL
);

-- name: indexes
CREATE INDEX IF NOT EXISTS post_by_place ON post (place, id);
CREATE INDEX IF NOT EXISTS tenure_by_place ON tenure (place, id);
CREATE INDEX IF NOT EXISTS tenure_by_post ON tenure (post, number);
CREATE INDEX IF NOT EXISTS tenure_by_person ON tenure (person, since);
CREATE INDEX IF NOT EXISTS tenure_by_kind ON tenure (kind, place, since);
CREATE INDEX IF NOT EXISTS leadership_by_place ON leadership (place, id);

-- name: coverage
WITH held AS (
    SELECT t.place, t.person, t.kind FROM posts.tenure t
    WHERE t.kind IN ('PARTY_SECRETARY', 'COMMITTEE_DIRECTOR') AND t.place >= $1 AND t.place < $1 || '~'
      AND t.since <= coalesce($3::timestamptz, $4) AND (t.until IS NULL OR t.until > coalesce($3::timestamptz, $4))
)
SELECT DISTINCT coalesce(left(d.code, $2::integer), $1::text) AS place, $3::timestamptz AS at,
       count(*) AS communities, count(s.person) AS secretaries, count(c.person) AS directors,
       count(*) FILTER (WHERE s.person = c.person) AS concurrent
FROM divisions.division d
LEFT JOIN held s ON s.place = d.code AND s.kind = 'PARTY_SECRETARY'
LEFT JOIN held c ON c.place = d.code AND c.kind = 'COMMITTEE_DIRECTOR'
WHERE d.level = 'COMMUNITY' AND d.code >= $1 AND d.code < $1 || '~'
  AND (d.abolished_from IS NULL OR d.abolished_from > $5::date)
  AND EXISTS (SELECT FROM divisions.name n WHERE n.division = d.id AND n.effective_from <= $5::date)
GROUP BY GROUPING SETS ((), (left(d.code, $2::integer)))

-- name: cross_appointments
SELECT m.month, $1::text AS place, count(*) FILTER (WHERE s.party) AS party_members,
       count(*) FILTER (WHERE s.residents) AS residents_members, count(s.person) AS members,
       count(*) FILTER (WHERE s.party AND s.residents) AS in_both
FROM unnest($2::text[], $3::timestamptz[]) AS m (month, at)
LEFT JOIN LATERAL (
    SELECT t.place, t.person, bool_or(t.kind = ANY($4::text[])) AS party,
           bool_or(t.kind = ANY($5::text[])) AS residents
    FROM posts.tenure t
    WHERE t.kind = ANY($4 || $5) AND t.place >= $1 AND t.place < $1 || '~'
      AND t.since <= m.at AND (t.until IS NULL OR t.until > m.at)
    GROUP BY t.place, t.person
) s ON true
GROUP BY m.month
