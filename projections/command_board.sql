-- name: board
-- Everything open in the place $1, as of the moment $2 and its local day $3. What there is several of comes as
-- the text of JSON.
SELECT $1::text AS place,
       (SELECT coalesce(json_agg(c ORDER BY c.tier, c.status)::text, '[]') FROM (
            SELECT tier, status, count(*) AS open, count(*) FILTER (WHERE due_at < $2) AS overdue
            FROM cases.case_row WHERE open AND place >= $1::text AND place < $1::text || '~'
            GROUP BY tier, status) c) AS cases,
       (SELECT coalesce(json_agg(s ORDER BY s.state)::text, '[]') FROM (
            SELECT s.state, count(DISTINCT s.whistle) AS whistles, count(*) AS summonses,
                   count(*) FILTER (WHERE s.checked_in_at IS NULL AND s.refused_at IS NULL
                                          AND s.check_in_due_at < $2) AS overdue
            FROM whistles.whistle w JOIN whistles.summons s ON s.whistle = w.id
            WHERE w.ended_at IS NULL AND w.street >= $1::text AND w.street < $1::text || '~'
            GROUP BY s.state) s) AS summonses,
       whistle.*, coordination.*, deliberation.*, invitation.*, resolution.*, campaign.*, watch.*, concern.*, grid.*,
       (SELECT count(*) FROM coverage.gap
        WHERE closed_at IS NULL AND street >= $1::text AND street < $1::text || '~') AS coverage_gaps,
       (SELECT count(*) FROM enclaves.enclave
        WHERE settled_at IS NULL AND place >= $1::text AND place < $1::text || '~') AS enclaves,
       (SELECT count(*) FROM elections.election
        WHERE ended_at IS NULL AND community >= $1::text AND community < $1::text || '~') AS elections
FROM (SELECT count(*) AS whistles, count(*) FILTER (WHERE check_in_due_at < $2) AS whistles_overdue
      FROM whistles.whistle
      WHERE ended_at IS NULL AND street >= $1::text AND street < $1::text || '~') whistle,
     (SELECT count(*) AS orders, count(*) FILTER (WHERE due < $3) AS orders_overdue
      FROM coordination.coordination_order
      WHERE answered_at IS NULL AND division >= $1::text AND division < $1::text || '~') coordination,
     (SELECT count(*) AS deliberations FROM deliberations.deliberation
      WHERE ended_at IS NULL AND community >= $1::text AND community < $1::text || '~') deliberation,
     (SELECT count(*) AS invitations, count(*) FILTER (WHERE state = 'SENT') AS invitations_unanswered,
             count(*) FILTER (WHERE day < $3) AS invitations_overdue
      FROM invitations.invitation
      WHERE state IN ('SENT', 'ACCEPTED') AND division >= $1::text AND division < $1::text || '~') invitation,
     (SELECT count(*) AS resolutions, count(*) FILTER (WHERE due < $3) AS resolutions_overdue
      FROM meetings.resolution
      WHERE done_at IS NULL AND division >= $1::text AND division < $1::text || '~') resolution,
     (SELECT count(*) AS campaigns, coalesce(sum(households), 0)::bigint AS campaign_households,
             coalesce(sum(settled), 0)::bigint AS campaign_settled
      FROM campaigns.campaign
      WHERE closed_at IS NULL AND place >= $1::text AND place < $1::text || '~') campaign,
     (SELECT count(*) AS watches, count(*) FILTER (WHERE next_due_at < $2) AS checks_overdue
      FROM watches.watch
      WHERE ended_at IS NULL AND grid >= $1::text AND grid < $1::text || '~') watch,
     (SELECT count(*) AS concerns
      FROM watches.concern c JOIN watches.watch w ON w.id = c.watch AND w.ended_at IS NULL AND c.raised_at >= w.since
      WHERE c.grid >= $1::text AND c.grid < $1::text || '~'
        AND w.grid >= $1::text AND w.grid < $1::text || '~') concern,
     (SELECT count(*) AS grids, count(*) FILTER (WHERE worker IS NULL) AS vacant_grids
      FROM grids.grid
      WHERE retired_at IS NULL AND code >= $1::text AND code < $1::text || '~') grid
