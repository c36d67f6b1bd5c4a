package load

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Result is what one run of load came to.
type Result struct {
	// Requests is how many were answered in the time that was measured, and All with those before it.
	Requests, All int
	// PerSecond is the throughput.
	PerSecond float64
	// P50 and P99 are the latencies under which that share of the requests stayed.
	P50, P99 time.Duration
}

// Load is what is to be sent.
type Load struct {
	// Address is HOST:PORT.
	Address string
	// Request is sent again and again, and each answer must have the status Want.
	Request []byte
	Want    int
	// Clients send at the same time, each its next request when it has the answer to the last.
	Clients int
	// Warm is the time before the measurement begins, and Measure its length.
	Warm, Measure time.Duration
}

// Run sends the load. It fails with the first request that fails.
func (l Load) Run() (Result, error) {
	connections := make([]*Connection, l.Clients)
	defer func() {
		for _, connection := range connections {
			if connection != nil {
				_ = connection.Close()
			}
		}
	}()
	for i := range connections {
		var err error
		if connections[i], err = Dial(l.Address); err != nil {
			return Result{}, err
		}
	}
	begin := time.Now().Add(l.Warm)
	end := begin.Add(l.Measure)
	taken := make([][]time.Duration, l.Clients)
	all := make([]int, l.Clients)
	failed := make([]error, l.Clients)
	var clients sync.WaitGroup
	for i, connection := range connections {
		clients.Go(func() {
			taken[i], all[i], failed[i] = l.client(connection, begin, end)
		})
	}
	clients.Wait()
	if err := errors.Join(failed...); err != nil {
		return Result{}, err
	}
	result := summary(slices.Concat(taken...), l.Measure)
	for _, n := range all {
		result.All += n
	}
	return result, nil
}

// client sends until the end, and returns how long each request took that was answered between begin and end.
func (l Load) client(connection *Connection, begin, end time.Time) (taken []time.Duration, all int, err error) {
	for sent := time.Now(); sent.Before(end); {
		status, err := connection.Do(l.Request, io.Discard)
		if err != nil {
			return nil, all, err
		}
		if status != l.Want {
			return nil, all, fmt.Errorf("status %d, want %d", status, l.Want)
		}
		all++
		now := time.Now()
		if now.After(begin) && now.Before(end) {
			taken = append(taken, now.Sub(sent))
		}
		sent = now
	}
	return taken, all, nil
}

func summary(taken []time.Duration, over time.Duration) Result {
	if len(taken) == 0 {
		return Result{}
	}
	slices.Sort(taken)
	return Result{
		Requests:  len(taken),
		PerSecond: float64(len(taken)) / over.Seconds(),
		P50:       taken[len(taken)/2],
		P99:       taken[len(taken)*99/100],
	}
}
