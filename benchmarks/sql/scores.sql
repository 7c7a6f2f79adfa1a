-- Rows of scores.parquet.
--
-- $as_of, $version, $rules  the day, and the policy's version and hash
-- $indicators               how many indicators can move points
--
-- Five heaviest indicators: the place breaks ties, and is less than one point weighs. Of the 31 indicators 23 are always known.
WITH heaviest AS (
    SELECT enterprise_id, arg_max(indicator_id, abs(points) * $indicators - place, 5) AS reasons FROM moved GROUP BY enterprise_id
)
SELECT enterprise_id, name, DATE '$as_of' AS as_of,
       CASE WHEN gate IS NULL THEN points END AS points,
       CASE WHEN gate IS NULL THEN ['A', 'B', 'C', 'D'][band_no + 1] END AS band,
       CASE WHEN gate IS NULL THEN ['blue', 'green', 'yellow', 'red'][band_no + 1] END AS colour,
       CASE WHEN gate IS NULL THEN 'rated' ELSE 'not_rated' END AS status,
       gate AS status_reason,
       coalesce(reasons, []) AS reasons,
       CASE WHEN gate IS NULL AND flags & (512 + 2048 + 4096) <> 0 THEN list_filter([
            CASE WHEN flags & 512 <> 0 THEN 'serious_violation' END,
            CASE WHEN flags & 4096 <> 0 THEN 'wage_arrears' END,
            CASE WHEN flags & 2048 <> 0 THEN 'work_safety' END], lambda rule: rule IS NOT NULL) ELSE [] END AS vetoes,
       CASE WHEN gate IS NULL AND flags & (4 + 8 + 16 + 32 + 64 + 128 + 256 + 1024) <> 0 THEN list_filter([
            CASE WHEN flags & (4 + 8) <> 0 THEN 'recent_penalty' END,
            CASE WHEN flags & 32 <> 0 THEN 'recent_accident' END,
            CASE WHEN flags & 64 <> 0 THEN 'refused_inspection' END,
            CASE WHEN flags & 128 <> 0 THEN 'abnormal_operations' END,
            CASE WHEN flags & 16 <> 0 THEN 'tax_grade_d' END,
            CASE WHEN flags & 256 <> 0 THEN 'judgment_default' END,
            CASE WHEN flags & 1024 <> 0 THEN 'criminal_judgment' END], lambda rule: rule IS NOT NULL) ELSE [] END AS caps,
       (23 + (v_problem_share IS NOT NULL)::INTEGER + (v_rectification_gravity IS NOT NULL)::INTEGER
           + (v_annual_report_recency IS NOT NULL)::INTEGER + (v_public_credit_score IS NOT NULL)::INTEGER
           + (v_accidents IS NOT NULL)::INTEGER + (v_serious_problem_recency IS NOT NULL)::INTEGER
           + (seen & 1) + (seen >> 1)) * 100 // 31 AS coverage,
       n_records, 'quzhou-demo' AS policy_id, '$version' AS policy_version, '$rules' AS rules_sha256
FROM decided LEFT JOIN heaviest USING (enterprise_id)
