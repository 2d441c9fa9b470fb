"""May this number be called at this instant, why not, and when next. Pure: no clock, no files, no I/O."""
