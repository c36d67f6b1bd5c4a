package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startTimeout bounds how long a server may take to start or to stop.
const startTimeout = time.Minute

// process is a running server: Routecard or a floor.
type process struct {
	// address is host:port.
	address string
	command *exec.Cmd
	// stdin ends a floor when it is closed, and so does the end of this process.
	stdin io.Closer
}

// environment returns the environment for both Routecard and the floors. The garbage collector runs equally often in
// all of them: GOGC defaults to 400, which is what Routecard sets for itself.
func environment(variables ...string) []string {
	env := []string{"GOGC=" + cmp.Or(os.Getenv("GOGC"), "400")}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ROUTECARD_") && !strings.HasPrefix(variable, "GOGC=") {
			env = append(env, variable)
		}
	}
	return append(env, variables...)
}

// startRoutecard starts the program with default settings and returns when it serves.
func startRoutecard(program, database string) (*process, error) {
	command := exec.Command(program)
	command.Env = environment("ROUTECARD_ADDR=127.0.0.1:0", "ROUTECARD_DATABASE="+database)
	stderr, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command}
	if p.address, err = servingAddress(stderr); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, p.awaitHealth()
}

// servingAddress reads Routecard's log until the line with the address, and discards the rest in the background.
func servingAddress(log io.Reader) (string, error) {
	var seen bytes.Buffer
	for lines := bufio.NewScanner(io.TeeReader(log, &seen)); lines.Scan(); {
		var entry struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &entry) != nil || entry.Msg != "serving" {
			continue
		}
		go func() { _, _ = io.Copy(io.Discard, log) }()
		serving, err := url.Parse(entry.URL)
		if err != nil {
			return "", err
		}
		return serving.Host, nil
	}
	return "", fmt.Errorf("Routecard did not start: %s", seen.String())
}

// startFloor starts this program again as a floor.
func startFloor(kind, database string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, floorArgument, kind, database)
	command.Env, command.Stderr = environment(), os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("The floor %s did not start", kind), p.stop())
	}
	p.address = strings.TrimSpace(line)
	return p, nil
}

func (p *process) awaitHealth() error {
	for begin := time.Now(); time.Since(begin) < startTimeout; time.Sleep(time.Millisecond) {
		response, err := http.Get("http://" + p.address + "/healthz")
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.Join(errors.New("Routecard does not answer"), p.stop())
}

// stop ends the process with SIGTERM and waits for it. Calling it again has no effect.
func (p *process) stop() error {
	if p.command.ProcessState != nil {
		return nil
	}
	if p.stdin != nil {
		_ = p.stdin.Close()
	}
	_ = p.command.Process.Signal(syscall.SIGTERM)
	timeout := time.AfterFunc(startTimeout, func() { _ = p.command.Process.Kill() })
	defer timeout.Stop()
	return p.command.Wait()
}

// memory returns a figure of /proc/PID/status in bytes: VmRSS is resident now, VmHWM the largest value of VmRSS so far.
// It returns an error on systems other than Linux.
func (p *process) memory(figure string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	found := regexp.MustCompile(figure + `:\s+([0-9]+) kB`).FindSubmatch(status)
	if found == nil {
		return 0, fmt.Errorf("/proc has no %s", figure)
	}
	kilobytes, err := strconv.ParseFloat(string(found[1]), 64)
	return kilobytes * 1024, err
}

// create sends a POST request and returns the id of the new resource.
func (p *process) create(path string, body any) (string, error) {
	var resource struct{ ID string }
	_, err := p.post(path, body, &resource)
	return resource.ID, err
}

// post sends a POST request, decodes the response into result, and returns how long the request took.
func (p *process) post(path string, body, result any) (time.Duration, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	response, took, err := call(p.address, post(path, string(encoded)))
	if err != nil {
		return 0, fmt.Errorf("POST %s: %w", path, err)
	}
	return took, json.Unmarshal(response, result)
}

// createPath creates a job with a path of so many steps, and returns the path's id.
func (p *process) createPath(steps int) (string, error) {
	job, err := p.create("/api/jobs", map[string]any{"name": "JOB-2024-001", "goalQuantity": 50})
	if err != nil {
		return "", err
	}
	names := make([]map[string]string, steps)
	for i := range names {
		names[i] = map[string]string{"name": fmt.Sprintf("Step %d", i+1)}
	}
	return p.create("/api/paths", map[string]any{"jobId": job, "name": "Main Route", "goalQuantity": 50, "steps": names})
}

// createSerials creates units on a path, and returns their ids and how long the request took.
func (p *process) createSerials(path string, quantity int) (ids []string, took time.Duration, err error) {
	var units []struct{ ID string }
	took, err = p.post("/api/serials", map[string]any{"pathId": path, "quantity": quantity}, &units)
	for _, unit := range units {
		ids = append(ids, unit.ID)
	}
	return ids, took, err
}
