"""The steps from each schema to the next, run by `scanner.record.migrate`.

A change of the schema is a change of `schema.py` and a new file `versions/vNNNN_what_for.py`
with `revision = "NNNN"` and `down_revision` naming the one before; `schema.HEAD` names it too.
A test compares what the steps make with the tables of `schema.py`, on both databases. A step
that was released is never edited, and it must work on tables that are full.
"""
