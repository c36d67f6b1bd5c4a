package database

// setOpenFileLock is F_OFD_SETLK, which package syscall lacks.
const setOpenFileLock = 37
