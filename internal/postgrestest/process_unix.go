//go:build unix

package postgrestest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// owner is the user who runs the server in place of root, whom PostgreSQL refuses. A nil owner is the user who runs the test.
type owner struct {
	uid, gid uint32
	name     string
}

// serverOwner returns nil unless the test runs as root.
func serverOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return &owner{uid: uint32(uid), gid: uint32(gid), name: name}, errors.Join(uidErr, gidErr)
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody")
}

// give makes o the owner of a directory.
func (o *owner) give(dir string) error {
	if o == nil {
		return nil
	}
	return os.Chown(dir, int(o.uid), int(o.gid))
}

// reachableTempDir returns a directory for temporary files that o can enter, even if o cannot enter root's own TMPDIR.
func (o *owner) reachableTempDir() (string, error) {
	if o == nil {
		return os.TempDir(), nil
	}
	for _, dir := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if o.reaches(dir) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("user %s, who is to run PostgreSQL, can enter none of %s, /tmp and /var/tmp", o.name, os.TempDir())
}

// reaches reports whether every user may pass through dir and all directories above it.
func (o *owner) reaches(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return false
	}
	for {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		above := filepath.Dir(dir)
		if above == dir {
			return true
		}
		dir = above
	}
}

// detach prepares cmd to run in a process group of its own, and as o.
func detach(cmd *exec.Cmd, o *owner) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
}

// killWithChildren ends a postmaster and its children with SIGKILL, and returns when they are gone. A signal to the process group
// is not enough, because each child has its own session. While a child is running, a new server on the same data refuses to start.
func killWithChildren(postmaster *os.Process) error {
	// A stopped postmaster starts no further child between the listing and the kill.
	if err := postmaster.Signal(syscall.SIGSTOP); err != nil {
		if errors.Is(err, os.ErrProcessDone) {
			return nil
		}
		return err
	}
	children, err := childrenOf(postmaster.Pid)
	err = errors.Join(err, postmaster.Kill())
	for _, pid := range children {
		if killErr := syscall.Kill(pid, syscall.SIGKILL); killErr != nil && !errors.Is(killErr, syscall.ESRCH) {
			err = errors.Join(err, fmt.Errorf("kill process %d: %w", pid, killErr))
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for _, pid := range children {
		for isAlive(pid) {
			if time.Now().After(deadline) {
				return errors.Join(err, fmt.Errorf("process %d survives SIGKILL", pid))
			}
			time.Sleep(time.Millisecond)
		}
	}
	return err
}

// childrenOf lists the processes whose parent is pid.
func childrenOf(pid int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var children []int
	if len(stats) == 0 { // no /proc, as on macOS
		out, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=").Output()
		if err != nil {
			return nil, fmt.Errorf("list processes: %w", err)
		}
		for line := range strings.Lines(string(out)) {
			var child, parent int
			if _, err := fmt.Sscan(line, &child, &parent); err == nil && parent == pid {
				children = append(children, child)
			}
		}
		return children, nil
	}
	for _, stat := range stats {
		if _, parent := readStat(stat); parent == pid {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			if err != nil {
				return nil, err
			}
			children = append(children, child)
		}
	}
	return children, nil
}

// readStat returns the state of a process ("Z": it has ended, but its parent has not read its exit status) and the id of its parent,
// and "" and 0 when the process is gone.
func readStat(path string) (state string, parent int) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", 0
	}
	// The second field is the program's name in parentheses and may hold anything, so count from the last one.
	_, _ = fmt.Sscan(string(content[bytes.LastIndexByte(content, ')')+1:]), &state, &parent)
	return state, parent
}

func isAlive(pid int) bool {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	// Orphans stay as zombies in a container whose first process does not collect them.
	state, _ := readStat(fmt.Sprintf("/proc/%d/stat", pid))
	return state != "Z"
}
