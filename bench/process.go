package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a running server: Routecard or a floor.
type process struct {
	// address is host:port.
	address string
	command *exec.Cmd
}

// startRoutecard starts a Routecard with default settings.
func startRoutecard(program, database string) (*process, error) {
	return start(exec.Command(program), "ROUTECARD_ADDR=127.0.0.1:0", "ROUTECARD_DATABASE="+database)
}

// startFloor starts this program again as a floor. It collects garbage as Routecard does while the live heap is small.
func startFloor(kind, database string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(exec.Command(self, floorArgument, kind, database), "GOGC="+cmp.Or(os.Getenv("GOGC"), "400"))
}

// startPeer starts a PocketBase, whose data are in a new directory.
func startPeer(program, dir string) (*process, error) { return start(exec.Command(program, dir)) }

// start starts a server and returns when it has logged its URL.
func start(command *exec.Cmd, variables ...string) (*process, error) {
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ROUTECARD_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, variables...)
	log, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command}
	if p.address, err = servingAddress(log); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// servingAddress reads a log until the line with the URL, and discards the rest in the background.
func servingAddress(log io.Reader) (string, error) {
	var seen bytes.Buffer
	for lines := bufio.NewScanner(io.TeeReader(log, &seen)); lines.Scan(); {
		var entry struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "serving" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			serving, err := url.Parse(entry.URL)
			if err != nil {
				return "", err
			}
			return serving.Host, nil
		}
	}
	return "", fmt.Errorf("The server did not start: %s", seen.String())
}

// stop ends the process with SIGTERM, or with SIGKILL when that takes longer than a minute, and waits for it.
func (p *process) stop() error {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended
	timeout := time.AfterFunc(time.Minute, func() { _ = p.command.Process.Kill() })
	defer timeout.Stop()
	err := p.command.Wait()
	if status, ok := p.command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGTERM {
		return nil // a floor or a peer
	}
	return err
}

var peakMemory = regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`)

// memory returns the most memory that the process has had resident, in bytes. It returns an error on systems other than
// Linux.
func (p *process) memory() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	found := peakMemory.FindSubmatch(status)
	if found == nil {
		return 0, errors.New("/proc has no VmHWM")
	}
	kilobytes, err := strconv.ParseFloat(string(found[1]), 64)
	return kilobytes * 1024, err
}

// post sends a POST request and decodes the response into result.
func (p *process) post(path string, body, result any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	response, _, err := p.call(postRequest(path, string(encoded)))
	if err != nil {
		return err
	}
	return json.Unmarshal(response, result)
}

type resource struct {
	ID string `json:"id"`
}

// createPath creates a job with a path that has the given number of steps, and returns both ids.
func (p *process) createPath(steps int) (job, path resource, err error) {
	if err := p.post("/api/jobs", map[string]any{"name": "JOB-2024-001", "goalQuantity": 50}, &job); err != nil {
		return job, path, err
	}
	names := make([]map[string]string, steps)
	for i := range names {
		names[i] = map[string]string{"name": fmt.Sprintf("Step %d", i+1)}
	}
	err = p.post("/api/paths", map[string]any{"jobId": job.ID, "name": "Main Route", "goalQuantity": 50, "steps": names}, &path)
	return job, path, err
}

// createSerials creates units on a path and returns their ids.
func (p *process) createSerials(path resource, quantity int) ([]string, error) {
	var units []resource
	err := p.post("/api/serials", map[string]any{"pathId": path.ID, "quantity": quantity}, &units)
	ids := make([]string, len(units))
	for i, unit := range units {
		ids[i] = unit.ID
	}
	return ids, err
}
