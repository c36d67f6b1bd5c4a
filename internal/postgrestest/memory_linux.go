package postgrestest

import "syscall"

// memoryFolder returns a folder in memory for the server that all tests of a process share, or "" if none has 4 GiB free. The tests
// create hundreds of databases, of 400 files each.
func memoryFolder() string {
	const folder = "/dev/shm"
	var filesystem syscall.Statfs_t
	if err := syscall.Statfs(folder, &filesystem); err != nil || filesystem.Bavail*uint64(filesystem.Bsize) < 4<<30 {
		return ""
	}
	return folder
}
