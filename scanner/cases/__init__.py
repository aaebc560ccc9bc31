"""Cases and meetings on their way in: tables from other systems, understood row by row."""
