"""The page on which people settle what the reader was not sure of. `app.create_app` is the way in."""
