package main

import "time"

type options struct {
	quick  bool
	dir    string
	only   string
	binary string
}

// rounds is how often each thing is measured, in turns with the others.
func (o options) rounds() int {
	if o.quick {
		return 3
	}
	return 5
}

// loadTime is how long each round of load is measured.
func (o options) loadTime() time.Duration {
	if o.quick {
		return 400 * time.Millisecond
	}
	return time.Second
}

// manyJobs is how many jobs the big table has.
func (o options) manyJobs() int {
	if o.quick {
		return 100_000
	}
	return 1_000_000
}

// section is a group of lines of the table.
type section struct {
	name    string
	measure func(*bench) error
}

var sections = []section{
	{"create", measureCreates},
	{"list", measureLists},
	{"units", measureUnits},
	{"footprint", measureFootprint},
}

func sectionNames() []string {
	names := make([]string, len(sections))
	for i, s := range sections {
		names[i] = s.name
	}
	return names
}
