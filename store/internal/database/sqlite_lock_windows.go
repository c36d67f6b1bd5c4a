package database

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// identify returns how many names a file has. It returns no number: Windows does not let a file be replaced while it is
// open.
func identify(file *os.File) (inode string, links int, err error) {
	var info windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info)
	return "", int(info.NumberOfLinks), err
}

// tryLockByte locks one byte of the file until the file is closed.
func tryLockByte(file *os.File, at int64) (held bool, err error) {
	err = windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, region(at))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

func unlockByte(file *os.File, at int64) error {
	return windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, region(at))
}

func region(at int64) *windows.Overlapped {
	return &windows.Overlapped{Offset: uint32(at & 0xffff_ffff), OffsetHigh: uint32(at >> 32)}
}
