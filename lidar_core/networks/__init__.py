"""Published reward models, in plain torch: which one a file is, how it reads text and pictures, what it answers."""
