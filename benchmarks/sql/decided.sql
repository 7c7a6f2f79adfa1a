-- Everything that the outputs are made of: a table, made for one range at a time.
SELECT enterprise_id, name, flags, seen, n_records, gate, total, points, band_no, COLUMNS('v_.*'), COLUMNS('p_.*') FROM banded
