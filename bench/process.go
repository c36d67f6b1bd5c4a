package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// floorArgument makes the benchmark's own program a floor.
const floorArgument = "floor"

// startPatience bounds the wait for a process to serve.
const startPatience = time.Minute

// process is a server that the benchmark started.
type process struct {
	// address is HOST:PORT.
	address string
	command *exec.Cmd
	// leash ends a floor when it is closed, also by the end of this process.
	leash io.Closer
}

// startRoutecard starts the real program, with nothing but its database and a free port given.
func (b *bench) startRoutecard(database string) (*process, error) {
	command := exec.Command(b.binary)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "ROUTECARD_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, "ROUTECARD_ADDR=127.0.0.1:0", "ROUTECARD_DATABASE="+database)
	stderr, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command}
	b.host.Cleanup(func() { _ = p.stop() })
	if p.address, err = servingAddress(stderr); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	err = p.awaitHealth()
	return p, err
}

// servingAddress reads the log up to the line that tells the address, and then lets the rest run by.
func servingAddress(log io.Reader) (string, error) {
	reader := bufio.NewReader(log)
	var seen bytes.Buffer
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("Routecard did not start: %s", seen.String())
		}
		seen.WriteString(line)
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) != nil || entry.Msg != "serving" {
			continue
		}
		go func() { _, _ = io.Copy(io.Discard, reader) }()
		serving, err := url.Parse(entry.URL)
		if err != nil {
			return "", err
		}
		return serving.Host, nil
	}
}

// startFloor starts this program as a floor.
func (b *bench) startFloor(kind, database string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, floorArgument, kind, database)
	command.Stderr = os.Stderr
	leash, err := command.StdinPipe()
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
	p := &process{command: command, leash: leash}
	b.host.Cleanup(func() { _ = p.stop() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the floor %s did not start", kind), p.stop())
	}
	p.address = strings.TrimSpace(line)
	err = p.awaitHealth()
	return p, err
}

func (p *process) awaitHealth() error {
	for begun := time.Now(); time.Since(begun) < startPatience; time.Sleep(time.Millisecond) {
		response, err := http.Get("http://" + p.address + "/healthz")
		if err != nil {
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.New("a server does not answer")
}

// stop ends the process in good order; once more does no harm.
func (p *process) stop() error {
	if p.command.ProcessState != nil {
		return nil
	}
	if p.leash != nil {
		_ = p.leash.Close()
	}
	_ = p.command.Process.Signal(syscall.SIGTERM)
	overdue := time.AfterFunc(startPatience, func() { _ = p.command.Process.Kill() })
	defer overdue.Stop()
	return p.command.Wait()
}
