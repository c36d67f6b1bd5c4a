package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// tellMachine writes down what the figures were measured on and how durable the databases are.
func (b *bench) tellMachine() error {
	b.report.fact("%d cores, %s, %s/%s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	took, err := b.fsyncTime()
	if err != nil {
		return err
	}
	b.report.fact("fsync of 4 KiB: %s", took.show(duration))
	path, err := b.newSQLite()
	if err != nil {
		return err
	}
	version, err := ask[string](path, "SELECT sqlite_version()")
	if err != nil {
		return err
	}
	journal, err := ask[string](path, "PRAGMA journal_mode")
	if err != nil {
		return err
	}
	b.report.fact("SQLite %s, journal_mode=%s, synchronous=FULL (%s)", version, journal, "each commit is synced")
	if b.server == nil {
		b.report.fact("PostgreSQL not measured")
		return nil
	}
	values := map[string]string{}
	for _, name := range []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers"} {
		if values[name], err = b.server.setting(name); err != nil {
			return err
		}
	}
	b.report.fact("PostgreSQL %s, fsync=%s, synchronous_commit=%s, full_page_writes=%s, shared_buffers=%s",
		values["server_version"], values["fsync"], values["synchronous_commit"], values["full_page_writes"], values["shared_buffers"])
	return nil
}

// fsyncTime is what bounds a durable database on this disk.
func (b *bench) fsyncTime() (samples, error) {
	file, err := os.Create(filepath.Join(b.dir, "fsync"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	block := make([]byte, 4096)
	var taken samples
	for range 200 {
		if _, err := file.Write(block); err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := file.Sync(); err != nil {
			return nil, err
		}
		taken = append(taken, float64(time.Since(begun)))
	}
	// One in ten at either end says more of the neighbours than of the disk.
	slices.Sort(taken)
	return taken[20:180], nil
}
