package cli

import (
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// memoryShare is the part of the memory limit of the control group that Go may use. SQLite's memory is not Go's.
	memoryShare = 0.8
	// maxGarbage is how much garbage may wait for collection, in bytes, unless the live heap is larger.
	maxGarbage = 64 << 20
	// maxGCPercent is the largest value of GOGC, in percent.
	maxGCPercent = 400
)

// limitMemory sets Go's memory limit and the frequency of garbage collection, unless the environment sets them. The memory
// limit is a share of the control group's limit.
//
// The live heap is usually small and each request leaves much garbage: with Go's default of 100 percent, garbage collection
// is a tenth of the work under load. GOGC is therefore 400 while the live heap is small. It falls to 100 as the live heap
// grows to maxGarbage, so that a server under a heavy load does not take five times the memory that it uses.
func limitMemory(log *slog.Logger) {
	if _, err := memlimit.Set(memlimit.WithRatio(memoryShare)); err != nil {
		log.Debug("the memory limit is unknown", "error", err)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(maxGCPercent)
		setPercentAfterEachCollection()
	}
}

// setPercentAfterEachCollection adapts GOGC to the live heap after each garbage collection, for as long as the program runs.
func setPercentAfterEachCollection() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	percent := maxGCPercent
	// A finalizer runs after the collection that finds its object unreachable, and may set itself again.
	type object struct{ _ [16]byte }
	var adapt func(*object)
	adapt = func(o *object) {
		metrics.Read(live)
		if next := garbagePercent(live[0].Value.Uint64()); next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
		runtime.SetFinalizer(o, adapt)
	}
	runtime.SetFinalizer(new(object), adapt)
}

// garbagePercent returns the value of GOGC for a live heap of the given size in bytes, in steps of 50.
func garbagePercent(live uint64) int {
	return min(max(100, int(maxGarbage*100/max(live, 1))/50*50), maxGCPercent)
}
