package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// measureFootprint takes the time to the first 200 on an existing database, memory without requests, and the binary's size.
func measureFootprint(b *bench) error {
	for _, database := range b.databases() {
		name, err := fill(database, fewJobs)
		if err != nil {
			return err
		}
		var started, idle samples
		for range b.rounds() {
			begun := time.Now()
			server, err := b.startRoutecard(name)
			if err != nil {
				return err
			}
			started = append(started, float64(time.Since(begun)))
			time.Sleep(500 * time.Millisecond)
			idle = append(idle, server.memory("VmRSS")...)
			if err := server.stop(); err != nil {
				return err
			}
		}
		b.report.bound("start to the first 200, "+database.name, started, duration, "< 100 ms", below(100e6))
		b.report.bound("idle memory, "+database.name, idle, megabytes, "< 40 MB", below(40e6))
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	b.report.bound("binary", samples{float64(info.Size())}, megabytes, "< 40 MB", below(40e6))
	return nil
}

// memory is a figure of Linux in bytes: VmRSS, what is resident, or VmHWM, the most that ever was. Elsewhere there is none.
func (p *process) memory(figure string) samples {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return nil
	}
	found := regexp.MustCompile(figure + `:\s+([0-9]+) kB`).FindSubmatch(status)
	if found == nil {
		return nil
	}
	kilobytes, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return nil
	}
	return samples{kilobytes * 1024}
}

// clockTick is the unit of the times that Linux gives in /proc, in nanoseconds.
const clockTick = 10e6

// cpu is how long Linux says that the process has worked, in nanoseconds. Elsewhere there is none.
func (p *process) cpu() samples {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return nil
	}
	// After the name, which may hold anything, the 12th and the 13th are its own time and the system's for it.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return nil
	}
	own, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return nil
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	if err != nil {
		return nil
	}
	return samples{(own + system) * clockTick}
}
