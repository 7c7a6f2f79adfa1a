"""Staged rows of all sources are linked: versions, acts and branches found, what went where counted, the results written.

The steps of this room run on one DuckDB connection, and hand tables to each other there by name. ``<fact>`` is ``enterprises`` or
``records``. ``_rid`` is the id of a canonical row: file number, row of the file and emit in one BIGINT (``read.staging``; in
``versions`` the ``seq`` of a stored version stands for file and row). A copy of a branch record has the negative ``_rid`` of its
original. *Canonical* are ``ENTERPRISE_COLUMNS`` or ``RECORD_COLUMNS``. Nothing is a table of a file: all of it ends with the
connection, or with the transaction in ``versions.Linker``.

================================ ===================================================== ==================== ==============================
Table or view                    Columns; what a row is                                Written by           Read by
================================ ===================================================== ==================== ==============================
``fault``                        id (a ``_rid``), col, code, val: one thing wrong      every step           resolve, accounting
                                 with a row; the row is not taken in
``given_<fact>`` (view)          canonical, _rid: staged rows without any fault so     resolve              resolve, acts, new_versions,
                                 far; made again when faults were added                                     clustered_files
``twice_<fact>_hashes``          h: hash of an id that several rows may have           resolve              resolve
``twice_<fact>``                 canonical, _rid: rows of these hashes; dropped        resolve              resolve
``contents_of_<fact>``           id, known_on, known_until, rids, kept, clash: one     resolve              resolve
                                 content of an id; dropped
``merged_<fact>``                _rid: a row that an equal one stands for              resolve,             resolve, accounting,
                                                                                       already_stored       new_versions
``closed_<fact>``                _rid, later: a version, and the day on which the      resolve              resolve, clustered_files
                                 next one becomes known
``created_enterprises``          canonical, _rid: an enterprise that is known by its   resolve              resolve, accounting,
                                 records alone                                                              already_stored
``resolved_enterprises`` (view)  canonical, _rid (and created, in new_versions):       resolve,             cluster, accounting, versions,
                                 versions of enterprises                               new_versions         new_versions
``known_enterprises``            enterprise_id, parent_id (not in new_versions): an    resolve,             acts, accounting
                                 enterprise, and whose branch it is                    new_versions
``branches``                     enterprise_id, parent_id: a branch of a known         resolve              acts, clustered_files
                                 enterprise
``resolved_records`` (view)      canonical, _rid: versions of records                  acts                 acts
``records_with_basis``           _rid, enterprise_id, record_id, office, no: a record  acts                 acts
                                 that names the decision it rests on
``basis_acts``                   _rid, act_id: a record, and the act of that decision  acts                 acts
``records_with_acts`` (view)     canonical, _rid: records with that act                acts                 acts
``records_with_copies`` (view)   canonical, _rid: the same, and copies of records of   acts                 acts
                                 branches under the legal person
``shared_act_hashes``            h: hash of an act that several records may have       acts                 acts
``act_ranks``                    _rid, act_rank: a record of such an act, and its      acts                 acts
                                 place among them, the gravest first
``ranked_records`` (view)        canonical, _rid, act_rank (0: the only record)        acts                 cluster, versions
``stored_<fact>``                canonical, created: a version that the store holds    already_stored       already_stored
``stored_given_<fact>`` (view)   canonical: those that no map created                  already_stored       already_stored
``unchanged_<fact>``             _rid: a row that the store holds already              already_stored       already_stored
``changed_enterprises``          _rid: an enterprise listed without a day that says    already_stored       new_versions
                                 something new
``merged_created``               _rid: a created enterprise that the store holds       already_stored       new_versions
``rejected_rows``                row (a ``_rid`` without the emit), code: a row that   accounting           accounting
                                 was refused, and why first
``merged_ids``                   _rid: all merged rows                                 accounting           accounting
``sound_ids`` (view)             _rid: staged rows of one file that were not refused   accounting           accounting
``twin_ids``, ``twin_rows``      _rid, row: those that were merged                     accounting           accounting
================================ ===================================================== ==================== ==============================

Registered for a moment are ``stored_batch`` and ``stored_ids`` (Arrow tables of the store) and ``listed_stage``, ``created_stage``
and ``record_stage`` (rows in memory that stand for staged files). The variable ``mark`` is the mark of both clustered files.
"""
