"""From a file to its pages, one by one, within limits.

`inspect.inspect_file` says what a file is and whether it is whole; `read.open_scan`, `read.read_page` and
`read.iter_pages` give its pages as `ScannedPage`s, or say why not. The decoders meet hostile bytes: files of
others are read in child processes (`scanner.intake.workers`).
"""
