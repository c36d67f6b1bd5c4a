package store

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/routecard/routecard/models"
)

// disk is a file system below SQLite that knows what would remain after a power cut: the content of each file at its last sync, by
// the file's name. SQLite's shared memory is not a file here.
type disk struct {
	vfs.VFS

	mutex  sync.Mutex
	synced map[string][]byte
	syncs  int
	// broken has the ends of the names whose files can't be synced.
	broken []string
}

func newDisk(t *testing.T) (d *disk, name string) {
	t.Helper()
	d = &disk{VFS: vfs.Find("os"), synced: map[string][]byte{}}
	name = "disk-" + t.Name()
	vfs.Register(name, d)
	t.Cleanup(func() { vfs.Unregister(name) })
	return d, name
}

// OpenFilename implements vfs.VFSFilename.
func (d *disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, flags, err := vfsutil.WrapOpenFilename(d.VFS, name, flags)
	if err != nil || name == nil {
		return file, flags, err
	}
	wrapped := &diskFile{File: file, disk: d, name: name.String()}
	if flags&vfs.OPEN_MAIN_DB != 0 {
		wrapped.shared = vfsutil.WrapSharedMemory(file)
	}
	return wrapped, flags, nil
}

// Delete implements vfs.VFS.
func (d *disk) Delete(name string, syncDir bool) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	delete(d.synced, name)
	return d.VFS.Delete(name, syncDir)
}

// syncCount returns the number of syncs of all files.
func (d *disk) syncCount() int {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.syncs
}

// fail makes syncs of the files whose names have one of these ends fail, with the error of a broken disk.
func (d *disk) fail(ends ...string) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.broken = ends
}

func (d *disk) breaks(name string) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return slices.ContainsFunc(d.broken, func(end string) bool { return strings.HasSuffix(name, end) })
}

// cutPower writes what is on the disk into a new directory.
func (d *disk) cutPower(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for name, content := range d.synced {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

type diskFile struct {
	vfs.File
	disk   *disk
	name   string
	shared vfs.SharedMemory
}

// SharedMemory implements vfs.FileSharedMemory.
func (f *diskFile) SharedMemory() vfs.SharedMemory { return f.shared }

// Unwrap implements vfs.FileUnwrap.
func (f *diskFile) Unwrap() vfs.File { return f.File }

// Sync implements vfs.File.
func (f *diskFile) Sync(flags vfs.SyncFlag) error {
	if f.disk.breaks(f.name) {
		return syscall.EIO
	}
	if err := f.File.Sync(flags); err != nil {
		return err
	}
	size, err := f.Size()
	if err != nil {
		return err
	}
	content := make([]byte, size)
	if _, err := f.ReadAt(content, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	f.disk.mutex.Lock()
	defer f.disk.mutex.Unlock()
	f.disk.synced[f.name] = content
	f.disk.syncs++
	return nil
}

// TestPowerCut cuts the power several times while jobs are created: every job that was acknowledged before is on the disk. kill -9
// would not show that, because the operating system still writes the data of a killed process.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	d, name := newDisk(t)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "routecard.db"), Options{Logger: slog.New(slog.DiscardHandler), vfs: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })

	var mutex sync.Mutex
	var acknowledged []string
	stop := make(chan struct{})
	var creators sync.WaitGroup
	for range 8 {
		creators.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				job, _, err := s.CreateJob(t.Context(), Request{}, models.Job{Name: "x", GoalQuantity: 1})
				if err != nil {
					t.Error(err)
					return
				}
				mutex.Lock()
				acknowledged = append(acknowledged, job.ID)
				mutex.Unlock()
			}
		})
	}
	enough := func(n int) []string {
		for {
			mutex.Lock()
			known := acknowledged
			mutex.Unlock()
			if len(known) >= n || t.Failed() {
				return known
			}
			time.Sleep(time.Millisecond)
		}
	}
	for cut := range 10 {
		known := enough(30 * (cut + 1))
		wantOnDisk(t, d.cutPower(t), known)
	}
	close(stop)
	creators.Wait()
	wantOnDisk(t, d.cutPower(t), acknowledged)
}

// wantOnDisk opens the database as the power cut left it.
func wantOnDisk(t *testing.T, dir string, ids []string) {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(dir, "routecard.db"), Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("after a power cut: %v", err)
	}
	defer func() { _ = s.Close() }()
	found := map[string]bool{}
	for last, more := "", true; more; {
		page, err := s.Jobs(t.Context(), JobFilter{}, last, 100_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, job := range page.Rows {
			last = job.ID
			found[last] = true
		}
		more = page.More
	}
	lost := 0
	for _, id := range ids {
		if !found[id] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("of %d acknowledged jobs %d are lost", len(ids), lost)
	}
	if broken, err := s.Check(t.Context()); err != nil || len(broken.Faults) > 0 {
		t.Errorf("after a power cut the database is damaged: %v %v", broken.Faults, err)
	}
}

// TestEachChangeIsSynced counts the syncs of a single client: there is at least one for each change.
func TestEachChangeIsSynced(t *testing.T) {
	t.Parallel()
	d, name := newDisk(t)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "routecard.db"), Options{Logger: slog.New(slog.DiscardHandler), vfs: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	job, _, err := s.CreateJob(t.Context(), Request{}, models.Job{Name: "x", GoalQuantity: 1})
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func() error{
		"create": func() error {
			_, _, err := s.CreateJob(t.Context(), Request{}, models.Job{Name: "x", GoalQuantity: 1})
			return err
		},
		"update": func() error {
			_, err := s.UpdateJob(t.Context(), Request{}, job.ID, Condition{}, models.JobChange{})
			return err
		},
	} {
		for range 5 {
			before := d.syncCount()
			if err := change(); err != nil {
				t.Fatal(err)
			}
			if d.syncCount() == before {
				t.Errorf("nothing was synced for one %s", what)
			}
		}
	}
}

// TestFailedSync has a sync fail once: of the log, which every change needs, and of the database, which a change that was
// acknowledged causes when SQLite copies the log. No later change is accepted, although the disk works again, until the
// database is opened again and contains everything that was acknowledged.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"-wal", ".db"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			d, name := newDisk(t)
			var log bytes.Buffer
			path := filepath.Join(t.TempDir(), "routecard.db")
			s, err := Open(t.Context(), path, Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), vfs: name})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			var acknowledged []string
			create := func() error {
				job, _, err := s.CreateJob(t.Context(), Request{}, models.Job{Name: strings.Repeat("x", 20_000), GoalQuantity: 1})
				if err == nil {
					acknowledged = append(acknowledged, job.ID)
				}
				return err
			}
			if err := create(); err != nil {
				t.Fatal(err)
			}
			d.fail(end)
			for n := 0; ; n++ {
				if err = create(); err != nil {
					break
				}
				if n == 2000 {
					t.Fatal("no change has failed")
				}
			}
			if known, ok := errors.AsType[*models.Error](err); ok {
				t.Errorf("the change whose sync failed may have been made, but its error is the definite %v", known)
			}
			d.fail()
			synced := d.syncCount()
			const sentence = "The disk failed to store a change: check the disk, then restart the server"
			for range 3 {
				err := create()
				known, ok := errors.AsType[*models.Error](err)
				if !ok || known.Kind != models.Unavailable || known.Message != sentence {
					t.Errorf("a later change returns %v", err)
				}
			}
			if err := s.Ping(t.Context()); err == nil || err.Error() != sentence {
				t.Errorf("Ping returns %v", err)
			}
			if _, err := s.Jobs(t.Context(), JobFilter{}, "", 10); err != nil {
				t.Errorf("a read returns %v", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if n := d.syncCount() - synced; n > 0 {
				t.Errorf("%d syncs followed the failed one", n)
			}
			if n := strings.Count(log.String(), "stopped accepting changes"); n != 1 {
				t.Errorf("the log is\n%s", log.String())
			}
			wantOnDisk(t, filepath.Dir(path), acknowledged)
		})
	}
}
