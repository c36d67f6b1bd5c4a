package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// describeMachine adds what the figures depend on to the report.
func (b *bench) describeMachine() error {
	b.report.fact("%d cores, %s, %s, %s/%s", runtime.NumCPU(), processor(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	fsync, err := b.measureFsync()
	if err != nil {
		return err
	}
	b.report.fact("filesystem of the databases: %s; fsync of 4 KiB: %s", b.filesystem(), fsync.show(formatDuration))
	version, err := query[string](filepath.Join(b.dir, "version.db"), "SELECT sqlite_version()")
	if err != nil {
		return err
	}
	b.report.fact("SQLite %s, WAL mode, synchronous=FULL", version)
	if b.cluster == nil {
		return nil
	}
	var settings []string
	for _, name := range []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers"} {
		value, err := query[string](b.cluster.URL("postgres"), "SELECT current_setting('"+name+"')")
		if err != nil {
			return err
		}
		settings = append(settings, name+"="+value)
	}
	b.report.fact("PostgreSQL, %s", strings.Join(settings, ", "))
	return nil
}

// processor returns the name of the processor on Linux, and "unknown processor" elsewhere.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // "" where there is none
	if found := regexp.MustCompile(`(?m)^model name\s*: (.+)$`).FindSubmatch(info); found != nil {
		return string(found[1])
	}
	return "unknown processor"
}

// filesystem returns the type of the filesystem with the databases, and "unknown" on systems without GNU stat.
func (b *bench) filesystem() string {
	output, err := exec.Command("stat", "-f", "-c", "%T", b.dir).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(output))
}

// measureFsync returns how long the disk takes for each of the writes that make a commit durable.
func (b *bench) measureFsync() (taken samples, err error) {
	file, err := os.Create(filepath.Join(b.dir, "fsync"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for range 200 {
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			return nil, err
		}
		begin := time.Now()
		if err := file.Sync(); err != nil {
			return nil, fmt.Errorf("fsync: %w", err)
		}
		taken = append(taken, float64(time.Since(begin)))
	}
	return taken, nil
}
