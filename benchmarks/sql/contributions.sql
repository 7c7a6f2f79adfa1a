-- Rows of contributions.parquet: what moved the points, and what the ends of the scale took or gave.
SELECT enterprise_id, indicator_id, value, FALSE AS unknown, points FROM moved
UNION ALL
SELECT enterprise_id, 'scale_limit', NULL, FALSE, points - total FROM decided WHERE gate IS NULL AND points <> total
