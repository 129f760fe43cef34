"""Readers and writers of foreign formats: bytes in, columns of statements out, and a list of what could not be taken.

A reader is a small frozen object (`Reader`) with two steps, so that a file of any size is read in a flat memory and by several processes:

* `split(stream)` finds where rows begin and end and yields `Job`s of raw rows with their numbers. It is cheap, runs in one process, and
  raises `BadInput` where the file is not what it should be (no heading, not JSON, a zip bomb).
* `read_job(job)` parses, normalises and fills columns, and gives a `Chunk`. It is pure, never raises for a bad row, and can run anywhere:
  readers, jobs and chunks can be pickled. `reader.read_job(r, job)` is the same as a plain function, for a pool of processes.

`read(reader, stream)` does both here. Chunks come in the order of the input if jobs are kept in order. Everything unread is told: a row, a
cell, or a column that nobody read becomes a `Rejected` with its place and the reason. Limits: a line of about 1 MB, a CSV cell of 131,072
characters, JSON documents and YAML of 16 MB, workbooks of 16 MB packed, 48 MB unpacked; CSV, JSON lines and lists have none.

The readers: `report.ReportReader` (victim reports), `valuelist.ListReader` (plain lists and tables), `ofac.ofac_reader`,
`tagpack.TagPackReader`, `warninglist.WarningListReader`, `eth_phishing.EthPhishingReader`. The writers: `report_write.write_reports`,
`rejects.write_rejects`. They are imported from their modules, so that a look-up does not wait for them.
"""

from saksi.formats.batch import MAX_ROWS, Chunk, Reading, Rejected, StatementBatch
from saksi.formats.reader import Given, Job, Reader, read, read_job

__all__ = ["MAX_ROWS", "Chunk", "Given", "Job", "Reader", "Reading", "Rejected", "StatementBatch", "read", "read_job"]
