-- What the peers hand over; follows april.sql or july.sql.
SELECT enterprise_id,
       CASE WHEN gate IS NULL THEN CAST(points AS INTEGER) END AS points,
       CASE WHEN gate IS NULL THEN ['A', 'B', 'C', 'D'][band_no + 1] END AS band,
       CASE WHEN gate IS NULL THEN ['blue', 'green', 'yellow', 'red'][band_no + 1] END AS colour,
       gate
FROM banded
