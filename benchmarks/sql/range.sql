-- Follows snapshot.sql over the other records of one range of enterprises, from $low to $high, both inclusive.
, counted AS (
    SELECT enterprise_id, authority, amount_fen, value_x100, dated_on, k, r, s, own, f, age, TRUE AS keep FROM snapshot WHERE k IS NOT NULL
    UNION ALL
    SELECT * FROM acts WHERE enterprise_id BETWEEN '$low' AND '$high'
),
