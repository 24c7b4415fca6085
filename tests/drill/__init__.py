"""The fault drill: seeded schedules of accidents, each of which must leave the tables of an undisturbed run, or one line and the last good day."""
