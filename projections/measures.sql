-- name: measures
-- A line for each period, each measure of $7 and each part of the place $1 as $8 says, or for the place as a whole.
-- Periods last from $2 to before $3, their days are $4 and $5; the ones before begin at $6. $9 is how long the codes of
-- the places right below are, $10 the moment of the question and $11 its day; $12 begins the categories, $13 is the
-- severity, $14 the worker, $15 the department.
WITH period AS (
    SELECT * FROM unnest($2::timestamptz[], $3::timestamptz[], $4::date[], $5::date[], $6::timestamptz[])
        AS p (begins, ends, since, until, before)
), asked AS (
    SELECT measure, min(ordinal) AS ordinal FROM unnest($7::text[]) WITH ORDINALITY AS a (measure, ordinal)
    GROUP BY measure
), counted AS (
    SELECT p.since, c.* FROM period p CROSS JOIN LATERAL (
{counted}
    ) c
), minimum AS (
    SELECT (document::jsonb #>> '{{measures,minimumSample}}')::numeric::bigint AS sample FROM policies.policy
    WHERE effective_from <= $11::date ORDER BY effective_from DESC, position DESC LIMIT 1
), line AS (
    SELECT a.ordinal, a.measure, p.since, p.until, coalesce(c.part, $1::text) AS part, w.id AS worker,
           coalesce(c.numerator, 0) AS numerator, coalesce(c.denominator, 0) AS denominator,
           coalesce(c.previous_numerator, 0) AS previous_numerator,
           coalesce(c.previous_denominator, 0) AS previous_denominator,
           c.numerator::float8 / nullif(c.denominator, 0) AS rate
    FROM asked a CROSS JOIN period p
    LEFT JOIN counted c ON c.measure = a.measure AND c.since = p.since
    LEFT JOIN workers.worker w ON $8::text = 'WORKER' AND w.id::text = c.part
    WHERE $8::text IS NULL OR c.part IS NOT NULL AND ($8::text <> 'WORKER' OR w.id IS NOT NULL)
), bounded AS (
    SELECT l.*, (rate + {z} ^ 2 / (2 * n)) / (1 + {z} ^ 2 / n) AS middle,
           {z} / (1 + {z} ^ 2 / n) * sqrt(rate * (1 - rate) / n + {z} ^ 2 / (4 * n ^ 2)) AS margin
    FROM line l CROSS JOIN LATERAL (SELECT nullif(l.denominator, 0)::float8 AS n) s
), scored AS (
    SELECT b.*, CASE WHEN rate IS NOT NULL THEN greatest(middle - margin, 0) END AS lower_bound,
           CASE WHEN rate IS NOT NULL THEN least(middle + margin, 1) END AS upper_bound,
           m.sample AS minimum_sample,
           $8::text IS NOT NULL AND denominator >= m.sample AND measure = ANY({ranked}) AS compared
    FROM bounded b CROSS JOIN (SELECT coalesce((SELECT sample FROM minimum), {minimum}) AS sample) m
)
SELECT ordinal, measure, $8::text AS subject, part, worker,
       CASE WHEN $8::text = 'DEPARTMENT' THEN part::uuid END AS department,
       $1::text AS place, since, until,
       nullif($12::text, '') AS categories, $13::text AS severity,
       numerator, denominator, rate, lower_bound, upper_bound, previous_numerator, previous_denominator,
       minimum_sample,
       CASE WHEN compared THEN rank() OVER (
           PARTITION BY measure, since, compared
           ORDER BY CASE WHEN measure = ANY({lower_is_better}) THEN upper_bound ELSE 1 - lower_bound END
       ) END AS rank
FROM scored

-- name: counted
-- One pass over what is asked for, which is grouped by what is true of it, as bits of a number: a group for each
-- of twenty conditions would be sorted, for the planner would expect a million.
    SELECT m.measure, f.part, m.numerator, m.denominator, m.previous_numerator, m.previous_denominator
    FROM (
        SELECT part,
               {sums}
        FROM (
            SELECT {part} AS part,
                   {bits} AS bits,
                   count(*) AS things
            FROM {source}
            WHERE ({moments})
              AND {where}
            GROUP BY 1, 2
        ) told
        GROUP BY part
    ) f
    CROSS JOIN LATERAL (VALUES {values})
        AS m (measure, numerator, denominator, previous_numerator, previous_denominator)
    WHERE m.measure = ANY($7::text[]) AND m.denominator + m.previous_denominator > 0

-- name: reviews
(
                SELECT *, ended_at AS reviewed_at FROM runs.run WHERE ended IN ('CLOSED', 'REOPENED')
                UNION ALL
                SELECT *, reopened_at FROM runs.run WHERE ended = 'CLOSED' AND reopened_at > ended_at
            ) r

-- name: cases_of_runs
id IN (SELECT r.case_id FROM {source} WHERE {conditions})

-- name: cases_of_summonses
id IN (
    SELECT k.id
    FROM {source}
    WHERE {conditions}
)
