-- Follows snapshot.sql over all records of acts with several; makes a table of those that count, once for all ranges.
-- `keep`: of one act the gravest record counts for points.
SELECT enterprise_id, authority, amount_fen, value_x100, dated_on, k, r, s, own, f, age,
       act_rank = min(act_rank) OVER (PARTITION BY enterprise_id, act_id) AS keep
FROM snapshot
WHERE k IS NOT NULL AND in_use(k, r, dated_on)
