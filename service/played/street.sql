-- name: powers
SELECT (SELECT count(*) FROM powers.entry WHERE starts_with(street, $1)) AS exercised,
       (SELECT count(DISTINCT department) FROM powers.exercise
        WHERE starts_with(street, $1) AND score IS NOT NULL) AS appraised,
       (SELECT count(*) FROM powers.exercise WHERE starts_with(street, $1) AND power LIKE '%ADVICE') AS advised,
       (SELECT count(*) FROM powers.exercise WHERE starts_with(street, $1) AND adopted) AS adopted,
       (SELECT coalesce(sum(allocated), 0)::bigint FROM funds.fund WHERE starts_with(street, $1)) AS allocated,
       (SELECT coalesce(sum(budget), 0)::bigint FROM funds.fund WHERE starts_with(street, $1)) AS budget

-- name: duties
SELECT count(*) AS streets, coalesce(sum(standing), 0)::bigint AS standing,
       coalesce(sum(retired), 0)::bigint AS retired
FROM duty_lists.duty_list WHERE starts_with(street, $1)

-- name: burden
SELECT coalesce(sum(admitted), 0)::bigint AS admitted, coalesce(sum(refused), 0)::bigint AS refused,
       coalesce(sum(admitted - running), 0)::bigint AS ended, coalesce(max(load), 0) AS heaviest
FROM burdens.burden WHERE starts_with(community, $1)

-- name: proposals
SELECT count(*) AS received, count(answered_at) AS answered, count(rated_at) AS rated,
       count(*) FILTER (WHERE verdict = 'SATISFIED') AS satisfied
FROM proposals.proposal WHERE starts_with(division, $1)
