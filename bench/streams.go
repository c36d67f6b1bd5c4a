package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// eventStreams is how many clients follow the events of one job.
const eventStreams = 5000

// createJobBesideStreams measures createJob while clients follow the events of another job.
func createJobBesideStreams(database string) contest {
	c := createJob(database, 64, 0, side{name: "no streams", seed: seedWatchedJob(0), mark: 0.8})
	c.detail += fmt.Sprintf(", %d event streams", eventStreams)
	c.seed = seedWatchedJob(eventStreams)
	c.done = "SELECT count(*) - 1 FROM jobs"
	return c
}

// deliverEvents measures the time from the request that changes a job to the event in the streams of all its followers.
func deliverEvents(database string, clients int) contest {
	detail := fmt.Sprintf("%d event streams", eventStreams)
	if clients > 0 {
		detail += ", createJob with " + clientCount(clients)
	}
	return contest{
		operation: "updateJob", database: database, detail: detail, unit: duration, seed: seedWatchedJob(eventStreams),
		measure: measureDelivery(clients), limit: float64(100 * time.Millisecond), tail: 5,
	}
}

// seedWatchedJob creates a job that clients follow. Then clients create other jobs.
func seedWatchedJob(streams int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		if err := s.process.post("/api/jobs", map[string]any{"name": "JOB-2024-001", "goalQuantity": 50}, &s.watched); err != nil {
			return err
		}
		s.deliveries = make(chan time.Time, 2*streams)
		var opening errgroup.Group
		opening.SetLimit(64)
		for range streams {
			opening.Go(s.follow)
		}
		if err := opening.Wait(); err != nil {
			return err
		}
		s.next = repeat(postRequest("/api/jobs", job))
		return s.awaitDeliveries(time.Now(), streams, &samples{}) // of the job's creation
	}
}

// follow opens a stream of the events of the watched job. It reads the stream in the background until the server ends it.
func (s *side) follow() error {
	c, err := dial(s.process.address)
	if err != nil {
		return err
	}
	request := fmt.Appendf(nil, "GET /api/events?jobId=%s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", s.watched.ID)
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(c.conn, 1<<10)
	go func() {
		for {
			line, err := lines.ReadSlice('\n')
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				_ = c.conn.Close()
				return
			}
			if bytes.HasPrefix(line, []byte("id: ")) {
				s.deliveries <- time.Now()
			}
		}
	}()
	return nil
}

// awaitDeliveries waits until the given number of streams have received an event, and appends the time from begin to each of them.
func (s *side) awaitDeliveries(begin time.Time, streams int, times *samples) error {
	timeout := time.After(requestTimeout)
	for range streams {
		select {
		case delivered := <-s.deliveries:
			*times = append(*times, float64(delivered.Sub(begin)))
		case <-timeout:
			return errors.New("a stream has no event")
		}
	}
	return nil
}

// measureDelivery changes the watched job ten times, while clients create other jobs.
func measureDelivery(clients int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		const changes, interval = 10, 250 * time.Millisecond
		var load errgroup.Group
		load.Go(func() error {
			_, err := s.load(clients, 0, changes*interval)
			return err
		})
		var times samples
		for i := range changes {
			time.Sleep(interval / 2)
			begin := time.Now()
			body := fmt.Sprintf(`{"goalQuantity":%d}`, 100+i)
			put := fmt.Appendf(nil, "PUT /api/jobs/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
				s.watched.ID, len(body), body)
			if _, _, err := s.process.call(put); err != nil {
				return err
			}
			if err := s.awaitDeliveries(begin, eventStreams, &times); err != nil {
				return err
			}
		}
		slices.Sort(times)
		s.values = append(s.values, times.median())
		s.p50 = append(s.p50, times.median())
		s.p99 = append(s.p99, times[len(times)*99/100])
		return load.Wait()
	}
}
