-- Written by hand for DuckDB: what counted on the day, points, bands and colours. If you can make it faster, please do.
--
-- What made it fast:
--   Functions of one dictionary-encoded column run once per dictionary, comparisons once per row: hence list_position and
--     list look-ups instead of `kind = '...'` (10 million kinds into numbers: 0.08 s so, 0.33 s by CASE).
--   Every record touches few indicators, so counters share a sum: up to four of 16 bits (at most 50,000 records count for
--     one enterprise) or two of 23 bits (hundredths), cast to UBIGINT because the sum itself is 128 bits wide.
--   Records of acts with several (act_rank > 0) are few: they are read once, compared with each other and put aside
--     (acts.sql), so that a range reads its file once.
--   Ranges come in the order of the file: nothing is sorted.
--   Records that no indicator selects are dropped before the aggregation.
--   No window outlives a use period except those of penalties, whose class may differ from their gravity: the others can only
--     keep a record from displacing another one of its act, and so are asked of acts with several records only.
--
-- This part is run once, and says how codes become numbers.
-- $kinds, $results        kinds and results that one version looks at besides
-- $since_24 … $since_60   the oldest day that a use period of so many months lets count: the law from 2026-04-01

CREATE TEMP MACRO kind_no(kind) AS list_position([
    'inspection', 'sampling_test', 'administrative_penalty', 'rectification_order', 'complaint', 'tax_grade',         --  1 -  6
    'public_credit_score', 'annual_report', 'tax_arrears', 'social_insurance_arrears', 'accident',                    --  7 - 11
    'environment_grade', 'inspection_refusal', 'abnormal_operations_listing', 'honour', 'commitment_breach',          -- 12 - 16
    'self_inspection', 'judgment_default', 'serious_violation_listing', 'criminal_judgment', 'work_safety_listing',   -- 17 - 21
    'wage_arrears_listing'$kinds], kind);                                                                             -- 22 …
CREATE TEMP MACRO result_no(result) AS list_position([
    'no_problem', 'qualified', 'unqualified', 'corrected', 'problem', 'violation', 'not_published', 'concealed',      --  1 -  8
    'unreachable', 'refused', 'grade_a', 'grade_d', 'substantiated'$results], result);                                --  9 - 13 …
CREATE TEMP MACRO level(severity) AS list_position(['minor', 'general', 'serious'], severity);
-- Windows of the kinds that are only counted (13 to 22).
CREATE TEMP MACRO counted_days(k) AS ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 365, 1095, 1095, 365, 365, 730, 1095, 1825, 1095, 1095])[k];
-- Slot n (0 to 3) of four counters in one sum, and the counter read back.
CREATE TEMP MACRO slot(n) AS 1::BIGINT << 16 * n;
CREATE TEMP MACRO bits(sum, skip, width) AS coalesce(CAST(sum AS UBIGINT) >> skip & ((1::UBIGINT << width) - 1), 0);
-- Whether a record is in use: lists 36 months, judgment defaulters 24, adverse records 60 (penalties have their own rule);
-- complaints that nobody has substantiated never are.
CREATE TEMP MACRO in_use(k, r, dated_on) AS (k <> 5 OR coalesce(r = 13, FALSE))
    AND (k IN (7, 8, 15, 17, 24) OR dated_on >= CASE WHEN k IN (19, 21, 22) THEN DATE '$since_36'
                                                     WHEN k = 18 THEN DATE '$since_24' ELSE DATE '$since_60' END);
