package main

import (
	"time"
)

// measureLoad measures how many requests the server answers each second, and how long they take.
func measureLoad(clients int) func(*bench, *side) error {
	return func(b *bench, s *side) error {
		result, err := s.load(clients, b.loadTime()/5, b.loadTime())
		s.values = append(s.values, result.perSecond)
		s.p50 = append(s.p50, result.p50)
		s.p99 = append(s.p99, result.p99)
		return err
	}
}

// timeRequest measures the average duration of the given number of requests.
func timeRequest(times int) func(*bench, *side) error {
	return func(_ *bench, s *side) error {
		var all float64
		for range times {
			_, taken, err := s.process.call(s.next())
			if err != nil {
				return err
			}
			all += taken
		}
		s.values = append(s.values, all/float64(times))
		return nil
	}
}

// measureStart measures how long a start takes, the first response included.
func measureStart(_ *bench, s *side) error {
	if err := s.process.stop(); err != nil {
		return err
	}
	begin := time.Now()
	var err error
	if s.process, err = startRoutecard(s.program, s.database); err != nil {
		return err
	}
	_, _, err = s.process.call(s.next())
	s.values = append(s.values, float64(time.Since(begin)))
	return err
}

// measureMemory starts the server again, sends one request, and measures the most memory that the server has taken since.
func measureMemory(b *bench, s *side) error {
	if err := measureStart(b, s); err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond)
	most, err := s.process.memory()
	s.values[len(s.values)-1] = most
	return err
}
