-- name: told
SELECT (SELECT count(*) FROM meetings.meeting WHERE starts_with(division, $1)) AS held,
       (SELECT count(*) FROM meetings.resolution WHERE starts_with(division, $1)) AS adopted,
       (SELECT count(done_at) FROM meetings.resolution WHERE starts_with(division, $1)) AS done,
       d.convened, d.agreed, d.on_cases, d.agreed_on_cases,
       (SELECT count(*) FROM coordination.coordination_order WHERE starts_with(division, $1)) AS ordered,
       (SELECT count(answered_at) FROM coordination.coordination_order WHERE starts_with(division, $1)) AS answered,
       (SELECT count(*) FROM invitations.invitation WHERE starts_with(division, $1)) AS sent,
       (SELECT count(cleared_at) FROM invitations.invitation WHERE starts_with(division, $1)) AS cleared,
       (SELECT count(*) FROM invitations.invitation WHERE starts_with(division, $1) AND carried > 0) AS carried
FROM (SELECT count(*) FILTER (WHERE case_id IS NULL) AS convened,
             count(*) FILTER (WHERE case_id IS NULL AND state = 'AGREED') AS agreed,
             count(case_id) AS on_cases,
             count(case_id) FILTER (WHERE state = 'AGREED') AS agreed_on_cases
      FROM deliberations.deliberation WHERE starts_with(community, $1)) AS d
