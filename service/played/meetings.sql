-- name: told
SELECT (SELECT count(*) FROM meetings.meeting WHERE starts_with(division, $1)) AS held,
       (SELECT count(*) FROM meetings.resolution WHERE starts_with(division, $1)) AS adopted,
       (SELECT count(done_at) FROM meetings.resolution WHERE starts_with(division, $1)) AS done,
       (SELECT count(*) FROM deliberations.deliberation WHERE starts_with(community, $1)) AS convened,
       (SELECT count(*) FROM deliberations.deliberation WHERE starts_with(community, $1) AND state = 'AGREED')
           AS agreed,
       (SELECT count(*) FROM coordination.coordination_order WHERE starts_with(division, $1)) AS ordered,
       (SELECT count(answered_at) FROM coordination.coordination_order WHERE starts_with(division, $1)) AS answered,
       (SELECT count(*) FROM invitations.invitation WHERE starts_with(division, $1)) AS sent,
       (SELECT count(cleared_at) FROM invitations.invitation WHERE starts_with(division, $1)) AS cleared,
       (SELECT count(*) FROM invitations.invitation WHERE starts_with(division, $1) AND carried > 0) AS carried
