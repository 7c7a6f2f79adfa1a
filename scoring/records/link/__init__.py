"""Linking of staged rows: versions, acts and branches are found, rows counted, results written.

The steps of this room run on one DuckDB connection and hand tables to each other there by name; all
of them end with the connection, or with the transaction in ``versions.Linker``. Versions are resolved over all rows at
once; the steps after that run for one bucket of enterprises after the other, and their tables end with the bucket. ``<fact>`` is
``enterprises`` or ``records``; *canonical* are ``ENTERPRISE_COLUMNS`` or ``RECORD_COLUMNS``.
``_rid`` is the id of a canonical row: file number, row of the file and emit in one BIGINT
(``read.staging``). In ``versions`` the ``seq`` of a stored version stands in place of file and row.
The copy of a branch record has the negative ``_rid`` of its original.

Every step:

``fault``: id (a ``_rid``), col, code, val
    One thing wrong with a row, which is then not taken in. Made by ``read.staging``, written by all
    steps, read by ``resolve`` and ``accounting``.

Written by ``resolve``:

``given_<fact>`` (view): canonical, _rid
    Staged rows without any fault so far, of all buckets or of one; made again when faults were added. Read by ``acts``,
    ``already_stored``, ``clustered_files``, ``new_versions``.
``twice_<fact>_hashes``: h
    Hash of an id that several rows may have. Read by ``resolve`` alone, like the next four.
``twice_<fact>_rows``: _rid
    A row of such a hash.
``twice_<fact>``: canonical, _rid
    Rows of these hashes; dropped at the end.
``distinct_<fact>``: id, known_on, known_until, rids, kept, assumed
    One content of an id, with the rows that have it; dropped at the end.
``contents_of_<fact>``: id, known_on, known_until, rids, kept, clash
    The same, and whether others contradict it; dropped at the end.
``merged_<fact>``: _rid
    A row that an equal one stands for; ``already_stored`` adds what the store holds. Read by
    ``accounting``, ``already_stored``, ``new_versions``.
``closed_<fact>``: _rid, later
    A version, and the day on which the next one becomes known. Read by ``clustered_files``.
``created_enterprises``: canonical, _rid
    An enterprise that is known by its records alone. Read by ``accounting``, ``already_stored``,
    ``new_versions``.
``resolved_enterprises`` (view): canonical, _rid
    Versions of enterprises. Read by ``accounting``, ``cluster``, ``versions``. In ``new_versions``,
    which makes one of its own, it has ``created`` too.
``known_enterprises``: enterprise_id, parent_id
    An enterprise, and whose branch it is. Read by ``accounting`` and ``acts``. In ``new_versions``,
    which makes one of its own, it has no ``parent_id``.
``branches``: enterprise_id, parent_id, bucket
    A branch of a known enterprise, and the bucket of that one. Read by ``acts``, ``staged_buckets`` and ``clustered_files``.

Written by ``staged_buckets``, and read by it alone:

``guests``: bucket, enterprise_id
    An enterprise of another bucket of whose records some of this one follow: a branch, or a predecessor.

Written by ``acts``, and read by it alone but for the last:

``spellings``: alias, name
    Another spelling of an authority with its name, under a set of relations.
``offices``: authority, office
    An authority as it stands in records, and its name as names are compared. Read by ``records.relate`` too.
``ended_records``: record_id
    A record of which some version has ended. Read by ``records.relate`` alone.
``resolved_records`` (view): canonical, _rid
    Versions of records.
``records_with_basis``: _rid, enterprise_id, record_id, office, no
    A record that names the decision it rests on.
``basis_acts``: _rid, act_id
    A record, and the act of that decision.
``records_with_acts`` (view): canonical, _rid
    Records with that act. Read by ``inheritance`` too.
``records_with_copies`` (view): canonical, _rid, inherited_from, inherited_on, inherited_by
    ``records_with_inherited``, and copies of the records of branches under the legal person.
``branch_copies``: canonical, _rid, inherited_from, inherited_on, inherited_by
    These copies.
``shared_act_hashes``: h
    Hash of an act that several records may have.
``act_ranks``: _rid, act_rank, act_restored_on
    A record of such an act, its place among them, the gravest first, and the day on which a report
    of its kind was restored.
``ranked_records`` (view): canonical, _rid, inherited_from, inherited_on, inherited_by, act_rank
    The records with their place in their act; rank 0 is the only record of its act.
``relation_rows``: _rid, enterprise_id, record_id, related, matter, matter_rank, recheck_of, open_findings, series, closed_on, replaced_on
    A version that has a partner under a set of relations; ``records.relate`` makes it known by record
    (``related_records``), over tables of its own.
``held_<view>``: as the view
    The rows of ``records_with_acts``, and of ``records_with_inherited`` and ``ranked_records`` where they are few.
``linked_records`` (view): canonical, _rid, ``entities.LINKED_COLUMNS``
    The records that are scored. Read by ``cluster`` and ``versions``.

Written by ``inheritance``, and read by it alone but for the last two:

``successions``: successor, predecessor, result, from_day, until_day
    Who has succeeded whom, while that is believed. ``records.relate.successions`` makes of it who has
    succeeded whom over how many steps, over tables of its own.
``legacy``: rid, enterprise_id, record_id, kind, result, occasion, number, refers_to, refers_number, known_on, known_until
    A version of a record of somebody who was succeeded. Of these and the former it makes what follows.
``inherited_records``: canonical, _rid, inherited_from, inherited_on, inherited_by
    The copy of a version under a successor, with a ``_rid`` above those of all rows. Read by
    ``clustered_files``.
``records_with_inherited`` (view): canonical, _rid, inherited_from, inherited_on, inherited_by
    Records with their act, and these copies. Read by ``acts``.

Written by ``already_stored``, and read by it alone but for the last two; ``said_anew`` reads what is
stored:

``stored_<fact>``: canonical, created
    A version that the store holds of a given id.
``stored_given_<fact>`` (view): canonical, created
    Those of them that no map has created.
``unchanged_<fact>``: _rid
    A row that the store holds already.
``changed_<fact>``: _rid
    An enterprise listed without a day that says something new, or a record of which that is an
    accepted correction. Read by ``new_versions`` and ``said_anew``.
``merged_created``: _rid
    A created enterprise that the store holds already. Read by ``new_versions``.

Written by ``remarks``, which alone reads it:

``remark``: id (a ``_rid``), rows, col, code, val
    One remarkable thing about a row that was not refused, or about several rows from it on.
``remarkable``: enterprise_id
    Enterprises of one such thing; made again for the next.

Written and read by ``accounting``:

``rejected_rows``: row (a ``_rid`` without the emit), code
    A row that is not taken in, and the first reason.
``merged_ids``: _rid
    All merged rows.
``sound_ids`` (view), ``twin_ids``: _rid
    Staged rows of one entry of a map that were not rejected, and those of them that were merged.
``twin_rows``: row
    The rows of ``twin_ids``.
``bare_ids``: _rid
    Staged rows that give an enterprise and no record.

Registered for a moment are ``stored_batch``, ``stored_ids`` and ``stored_of_source`` (Arrow tables of
the store) and
``listed_stage``, ``created_stage`` and ``record_stage`` (rows in memory in place of staged files).
The variable ``mark`` is the mark of both clustered files.
"""
