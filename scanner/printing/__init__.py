"""Sheets on their way to paper: what is asked for, and the record and the PDF that come of it."""
