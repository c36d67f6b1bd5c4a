//go:build linux || darwin

package database

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

// identify returns the number of a file and how many names it has. The number of its device is left out, because it may
// change when the machine starts.
func identify(file *os.File) (inode string, links int, err error) {
	info, err := file.Stat()
	if err != nil {
		return "", 0, err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return strconv.FormatUint(stat.Ino, 10), int(stat.Nlink), nil
	}
	return "", 1, nil
}

// tryLockByte locks one byte of the file until the file is closed. The lock belongs to the open file and not to the process
// (an "open file description lock"), so it holds within a process too, and closing another handle of the same file does
// not release it.
func tryLockByte(file *os.File, at int64) (held bool, err error) {
	err = setLock(file, syscall.F_WRLCK, at)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	return err == nil, err
}

func unlockByte(file *os.File, at int64) error { return setLock(file, syscall.F_UNLCK, at) }

func setLock(file *os.File, kind int16, at int64) error {
	for {
		err := syscall.FcntlFlock(file.Fd(), setOpenFileLock, &syscall.Flock_t{Type: kind, Start: at, Len: 1})
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
