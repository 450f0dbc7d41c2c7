-- name: told
SELECT (SELECT count(*) FROM splits.split WHERE starts_with(community, $1)) AS splits,
       (SELECT count(divided_at) FROM splits.split WHERE starts_with(community, $1)) AS divided,
       (SELECT coalesce(sum(households), 0)::bigint FROM splits.split WHERE starts_with(community, $1)) AS households,
       (SELECT count(*) FROM splits.part WHERE starts_with(code, $1)) AS parts,
       (SELECT count(staffed_at) FROM splits.part WHERE starts_with(code, $1)) AS staffed,
       (SELECT count(*) FROM cases.case_row c JOIN splits.part p ON p.code = c.community
        WHERE starts_with(p.code, $1)) AS followed
