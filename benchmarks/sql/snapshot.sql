-- What counted on the day, of the records that $which chooses; acts.sql or range.sql follows.
--
-- $as_of, $lapsed_by      the day, and the latest service date of penalties presumed final on it
-- $since_3 … $since_36    the oldest day that a use period of so many months lets count: the law from 2026-04-01
-- $records                the clustered Parquet file, sorted by enterprise_id
-- $field                  how a version groups fields

WITH snapshot AS (
    SELECT enterprise_id, act_id, act_rank, authority, amount_fen, value_x100, coalesce(decided_on, occurred_on) AS dated_on,
           kind_no(kind) AS k, result_no(result) AS r, level(severity) AS s, coalesce(scope = 'own', TRUE) AS own, $field AS f,
           CAST(DATE '$as_of' - coalesce(decided_on, occurred_on) AS INTEGER) AS age
    FROM read_parquet('$records')
    WHERE $which
      AND known_on <= DATE '$as_of'
      AND (known_until IS NULL OR known_until > DATE '$as_of')
      AND coalesce(decided_on, occurred_on) <= DATE '$as_of'
      AND (withdrawn_on IS NULL OR withdrawn_on > DATE '$as_of')
      AND NOT (coalesce(masked_from <= DATE '$as_of', FALSE) AND coalesce(masked_until > DATE '$as_of', TRUE))
      AND (restored_on IS NULL OR restored_on > DATE '$as_of')
      AND (publish_until IS NULL OR publish_until >= DATE '$as_of')
      AND (contest IS NULL OR contest NOT IN ('annulled', 'review', 'lawsuit', 'altered'))
      AND (kind <> 'administrative_penalty' OR (      -- of known class, in use by it, a minor one published, final, and not summary
          coalesce(info_class, severity) IS NOT NULL
          AND (coalesce(info_class, severity) <> 'minor' OR publish_until IS NOT NULL)
          AND coalesce(decided_on, occurred_on) >= CASE coalesce(info_class, severity)
              WHEN 'minor' THEN DATE '$since_3' WHEN 'general' THEN DATE '$since_12' ELSE DATE '$since_36' END
          AND coalesce(procedure, 'unknown') <> 'summary'
          AND (coalesce(procedure = 'ordinary', FALSE)
               OR CASE WHEN amount_fen IS NULL THEN coalesce(severity <> 'minor', TRUE)
                       ELSE amount_fen > 300000 END)
          AND (contest IS DISTINCT FROM 'upheld' OR coalesce(coalesce(served_on, decided_on) <= DATE '$lapsed_by', FALSE))
          AND CASE WHEN final_on IS NOT NULL THEN final_on <= DATE '$as_of'
                   ELSE coalesce(coalesce(served_on, decided_on) <= DATE '$lapsed_by', FALSE) END))
)
