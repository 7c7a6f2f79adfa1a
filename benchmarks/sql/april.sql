-- Follows range.sql: the same result as policies/april.toml gives. One part more says what of it is wanted: points.sql or decided.sql.
-- What is not wanted DuckDB does not compute.
sums AS (
    SELECT enterprise_id,
        sum(CASE WHEN NOT (own AND keep AND age < 730) THEN NULL    -- problems, visits, clean visits, failed tests
            WHEN k = 1 THEN ([slot(1) + slot(2), slot(2), 0, slot(0) + slot(1), slot(0) + slot(1), slot(0) + slot(1), slot(0) + slot(1),
                              slot(0) + slot(1), slot(0) + slot(1), slot(0) + slot(1), 0, 0, 0])[r]
            WHEN k = 2 THEN CASE WHEN r <= 2 THEN slot(2) WHEN r = 3 AND age < 365 THEN slot(3) END END) AS visits,
        sum(CASE WHEN k BETWEEN 13 AND 16 AND own AND keep AND age < counted_days(k) THEN slot(k - 13) END) AS n13,
        sum(CASE WHEN k BETWEEN 17 AND 20 AND own AND keep AND age < counted_days(k) THEN slot(k - 17) END) AS n17,
        sum(CASE WHEN k >= 21 AND own AND keep AND age < counted_days(k) THEN slot(k - 21)      -- then tax grades A and D
            WHEN k = 6 AND r IN (11, 12) AND own AND keep AND age < 365 THEN slot(r - 9) END) AS n21,
        sum(CASE WHEN k = 3 AND s >= 2 AND NOT own AND keep AND age < 365 THEN 1                -- branch penalties, complaints, minor
            WHEN k = 5 AND r = 13 AND own AND keep AND age < 365 THEN CASE WHEN age < 180 THEN 100::BIGINT << 16 ELSE 50::BIGINT << 16 END
            WHEN k = 3 AND s = 1 AND own AND keep AND age < 89 THEN CASE WHEN age < 45 THEN 100::BIGINT << 39 ELSE 50::BIGINT << 39 END
            END) AS lesser,
        sum(CASE WHEN NOT (own AND keep) THEN NULL                  -- general penalties, serious penalties, environment grade A
            WHEN k = 3 AND s = 2 THEN CASE WHEN age < 180 THEN 100 WHEN age < 365 THEN 60 END
            WHEN k = 3 AND s = 3 THEN CASE WHEN age < 365 THEN 100::BIGINT << 23 WHEN age < 730 THEN 70::BIGINT << 23
                                           WHEN age < 1095 THEN 40::BIGINT << 23 END
            WHEN k = 12 AND r = 11 AND age < 730 THEN 1::BIGINT << 46 END) AS graver,
        sum(CASE WHEN k = 3 AND s >= 2 AND own AND keep AND age < 365 THEN amount_fen END) AS fines,
        sum(CASE WHEN k IN (9, 10) AND own AND keep AND age < 730 THEN CASE WHEN age < 365 THEN amount_fen * 100 ELSE amount_fen * 50 END END)
            AS arrears,
        max(CASE WHEN k = 7 AND own AND keep AND age < 730 THEN (730 - age) * 4398046511104 + value_x100 + 2199023255552 END) AS latest,
        min(CASE WHEN k = 8 AND r = 1 AND own AND keep AND age < 730 THEN age END) AS report_age,
        min(CASE WHEN k <= 2 AND s = 3 AND own AND keep AND age < 730 THEN age END) AS serious_age,
        list(authority) FILTER (k = 3 AND s >= 2 AND own AND keep AND age < 365) AS authorities,
        -- Gates, caps and vetoes see every record of an act: 1 visited, 2 on credit record, 4 and 8 general and serious penalty,
        -- 16 tax grade D, 32 accident of some gravity, 64 to 4096 kinds 13 to 22. For points: levels of orders and accidents.
        bit_or(CASE WHEN NOT own OR age >= 1825 THEN NULL
            WHEN k <= 2 THEN CASE WHEN r <= 10 AND age < 1095 THEN 1 END
            WHEN k = 3 THEN CASE WHEN age < 365 AND s = 2 THEN 6 WHEN age < 1095 AND s = 3 THEN 10 WHEN age < 1095 THEN 2 END
            WHEN k = 4 THEN CASE WHEN keep AND age < 365 THEN 8192 << s END
            WHEN k = 6 THEN CASE WHEN age < 365 AND r = 12 THEN 18 WHEN age < 1095 THEN 2 END
            WHEN k = 7 THEN CASE WHEN age < 1095 THEN 2 END
            WHEN k = 11 THEN CASE WHEN age < 365 THEN CASE WHEN s >= 2 THEN 32 ELSE 0 END + CASE WHEN keep THEN 131072 << s ELSE 0 END END
            WHEN k >= 13 THEN CASE WHEN age < counted_days(k) THEN ([64, 128, 0, 0, 0, 256, 512, 1024, 2048, 4096])[k - 12] ELSE 0 END
                            + CASE WHEN k >= 18 AND age < 1095 THEN 2 ELSE 0 END END) AS flags,
        -- For the outputs alone: 1 visited, 2 on credit record, by what counts for points; and how many records were looked at.
        bit_or(CASE WHEN NOT (own AND keep AND age < 1095) THEN NULL
            WHEN k <= 2 THEN CASE WHEN r <= 10 THEN 1 END
            WHEN k IN (3, 6, 7) OR k >= 18 THEN 2 END) AS seen,
        count(*) FILTER (in_use(k, r, dated_on)) AS n_records
    FROM counted GROUP BY enterprise_id
),
valued AS (     -- one column `v_` for the value of every indicator that gives points
    SELECT e.enterprise_id, e.name, e.entity_type, e.status, coalesce(s.flags, 0) AS flags, coalesce(s.seen, 0) AS seen,
        coalesce(s.n_records, 0) AS n_records,
        bits(lesser, 39, 23) AS v_minor_penalties,
        bits(graver, 0, 23) AS v_general_penalties,
        bits(graver, 23, 23) AS v_serious_penalties,
        coalesce(s.fines, 0) AS v_fines,
        CASE WHEN len(s.authorities) > 1 THEN list_unique(s.authorities) ELSE 1 END AS v_penalising_authorities,
        bits(n13, 0, 16) AS v_inspection_refusals,
        CASE WHEN bits(visits, 16, 16) > 0 THEN bits(visits, 0, 16) * 10000 // bits(visits, 16, 16) END AS v_problem_share,
        bits(n17, 32, 16) AS v_serious_listings,
        bits(n17, 48, 16) AS v_criminal_judgments,
        bits(n13, 16, 16) AS v_abnormal_listings,
        CASE WHEN flags & 65536 <> 0 THEN 3 WHEN flags & 32768 <> 0 THEN 2 WHEN flags & 16384 <> 0 THEN 1 END AS v_rectification_gravity,
        s.report_age AS v_annual_report_recency,
        bits(lesser, 0, 16) AS v_branch_penalties,
        coalesce(s.arrears, 0) AS v_arrears,     -- hundredths of a fen
        bits(n21, 48, 16) AS v_tax_grade_d,
        bits(n21, 32, 16) AS v_tax_grade_a,
        bits(lesser, 16, 23) AS v_substantiated_complaints,
        bits(n13, 32, 16) AS v_honours,
        bits(n13, 48, 16) AS v_commitment_breaches,
        bits(n17, 0, 16) AS v_self_inspections,
        s.latest % 4398046511104 - 2199023255552 AS v_public_credit_score,
        bits(n17, 16, 16) AS v_judgment_defaults,
        CASE WHEN flags & 1048576 <> 0 THEN 3 WHEN flags & 524288 <> 0 THEN 2 WHEN flags & 262144 <> 0 THEN 1 END AS v_accidents,
        bits(visits, 48, 16) AS v_failed_tests,
        s.serious_age AS v_serious_problem_recency,
        bits(visits, 32, 16) AS v_clean_visits,
        bits(n21, 0, 16) AS v_work_safety_listings,
        bits(n21, 16, 16) AS v_wage_arrears_listings,
        bits(graver, 46, 16) AS v_environment_grade_a
    FROM read_parquet('$enterprises') e LEFT JOIN sums s USING (enterprise_id)
    WHERE e.enterprise_id BETWEEN '$low' AND '$high'
      AND (e.known_on IS NULL OR e.known_on <= DATE '$as_of') AND (e.known_until IS NULL OR e.known_until > DATE '$as_of')
),
pointed AS (    -- and one column `p_` for its points
    SELECT *,
        CASE WHEN entity_type IS NULL THEN 'type_unknown'
             WHEN entity_type NOT IN ('company', 'branch', 'cooperative') THEN 'outside_scheme'
             WHEN status IN ('revoked', 'deregistered', 'moved') THEN 'gone'
             WHEN status IN ('dormant', 'liquidation') THEN 'dormant'
             WHEN flags & 3 = 0 THEN 'thin_file' END AS gate,
        CASE WHEN v_minor_penalties = 0 THEN 0 WHEN v_minor_penalties <= 100 THEN -10 ELSE -25 END AS p_minor_penalties,
        CASE WHEN v_general_penalties = 0 THEN 0 WHEN v_general_penalties <= 60 THEN -60 WHEN v_general_penalties <= 100 THEN -80 WHEN v_general_penalties <= 200 THEN -120 ELSE -170 END AS p_general_penalties,
        CASE WHEN v_serious_penalties = 0 THEN 0 WHEN v_serious_penalties <= 40 THEN -120 WHEN v_serious_penalties <= 70 THEN -160 WHEN v_serious_penalties <= 100 THEN -200 ELSE -260 END AS p_serious_penalties,
        CASE WHEN v_fines <= 0 THEN 0 WHEN v_fines <= 1000000 THEN -5 WHEN v_fines <= 10000000 THEN -15 WHEN v_fines <= 100000000 THEN -30 ELSE -50 END AS p_fines,
        CASE WHEN v_penalising_authorities <= 1 THEN 0 WHEN v_penalising_authorities <= 2 THEN -20 ELSE -50 END AS p_penalising_authorities,
        CASE v_inspection_refusals WHEN 0 THEN 0 WHEN 1 THEN -60 ELSE -120 END AS p_inspection_refusals,
        CASE WHEN v_problem_share > 5000 THEN -70 WHEN v_problem_share > 2500 THEN -35 WHEN v_problem_share > 1000 THEN -15 WHEN v_problem_share > 0 THEN -5 ELSE 0 END AS p_problem_share,
        CASE v_serious_listings WHEN 0 THEN 0 ELSE -300 END AS p_serious_listings,
        CASE v_criminal_judgments WHEN 0 THEN 0 ELSE -250 END AS p_criminal_judgments,
        CASE v_abnormal_listings WHEN 0 THEN 0 WHEN 1 THEN -80 ELSE -130 END AS p_abnormal_listings,
        CASE v_rectification_gravity WHEN 3 THEN -60 WHEN 2 THEN -25 WHEN 1 THEN -10 ELSE 0 END AS p_rectification_gravity,
        CASE WHEN v_annual_report_recency <= 400 THEN 15 ELSE 0 END AS p_annual_report_recency,
        CASE WHEN v_branch_penalties = 0 THEN 0 WHEN v_branch_penalties <= 2 THEN -15 ELSE -40 END AS p_branch_penalties,
        CASE WHEN v_arrears <= 0 THEN 0 WHEN v_arrears <= 100000000 THEN -20 WHEN v_arrears <= 1000000000 THEN -45 ELSE -80 END AS p_arrears,
        CASE v_tax_grade_d WHEN 0 THEN 0 ELSE -90 END AS p_tax_grade_d,
        CASE v_tax_grade_a WHEN 0 THEN 0 ELSE 30 END AS p_tax_grade_a,
        CASE WHEN v_substantiated_complaints = 0 THEN 0 WHEN v_substantiated_complaints <= 100 THEN -15 WHEN v_substantiated_complaints <= 300 THEN -40 ELSE -80 END AS p_substantiated_complaints,
        CASE v_honours WHEN 0 THEN 0 WHEN 1 THEN 20 ELSE 35 END AS p_honours,
        CASE v_commitment_breaches WHEN 0 THEN 0 WHEN 1 THEN -50 ELSE -100 END AS p_commitment_breaches,
        CASE v_self_inspections WHEN 0 THEN 0 WHEN 1 THEN 15 ELSE 25 END AS p_self_inspections,
        CASE WHEN v_public_credit_score IS NULL THEN 0 WHEN v_public_credit_score <= 60000 THEN -120 WHEN v_public_credit_score <= 70000 THEN -70 WHEN v_public_credit_score <= 76000 THEN -40
             WHEN v_public_credit_score <= 80000 THEN -20 WHEN v_public_credit_score <= 84000 THEN 0 WHEN v_public_credit_score <= 88000 THEN 15 WHEN v_public_credit_score <= 92000 THEN 40 ELSE 70 END AS p_public_credit_score,
        CASE v_judgment_defaults WHEN 0 THEN 0 ELSE -200 END AS p_judgment_defaults,
        CASE v_accidents WHEN 3 THEN -220 WHEN 2 THEN -100 WHEN 1 THEN -40 ELSE 0 END AS p_accidents,
        CASE v_failed_tests WHEN 0 THEN 0 WHEN 1 THEN -30 ELSE -70 END AS p_failed_tests,
        CASE WHEN v_serious_problem_recency <= 180 THEN -50 WHEN v_serious_problem_recency <= 365 THEN -30 WHEN v_serious_problem_recency <= 729 THEN -10 ELSE 0 END AS p_serious_problem_recency,
        CASE v_clean_visits WHEN 0 THEN 0 WHEN 1 THEN 10 ELSE 20 END AS p_clean_visits,
        CASE v_work_safety_listings WHEN 0 THEN 0 ELSE -300 END AS p_work_safety_listings,
        CASE v_wage_arrears_listings WHEN 0 THEN 0 ELSE -300 END AS p_wage_arrears_listings,
        CASE v_environment_grade_a WHEN 0 THEN 0 ELSE 15 END AS p_environment_grade_a
    FROM valued
),
totalled AS (
    SELECT *,
        850 + p_minor_penalties + p_general_penalties + p_serious_penalties + p_fines
            + p_penalising_authorities + p_inspection_refusals + p_problem_share + p_serious_listings
            + p_criminal_judgments + p_abnormal_listings + p_rectification_gravity + p_annual_report_recency
            + p_branch_penalties + p_arrears + p_tax_grade_d + p_tax_grade_a
            + p_substantiated_complaints + p_honours + p_commitment_breaches + p_self_inspections
            + p_public_credit_score + p_judgment_defaults + p_accidents + p_failed_tests
            + p_serious_problem_recency + p_clean_visits + p_work_safety_listings + p_wage_arrears_listings
            + p_environment_grade_a AS total
    FROM pointed
),
banded AS (     -- the worst of the points' band, caps (general or serious penalty: 1; 16 + 32 + 64 + 128 + 256 + 1024: 2) and vetoes (3)
    SELECT *, greatest(0, least(1000, total)) AS points,
        greatest(CASE WHEN total >= 900 THEN 0 WHEN total >= 790 THEN 1 WHEN total >= 450 THEN 2 ELSE 3 END,
                 CASE WHEN flags & (512 + 2048 + 4096) <> 0 THEN 3 WHEN flags & (16 + 32 + 64 + 128 + 256 + 1024) <> 0 THEN 2
                      WHEN flags & (4 + 8) <> 0 THEN 1 ELSE 0 END) AS band_no
    FROM totalled
)
