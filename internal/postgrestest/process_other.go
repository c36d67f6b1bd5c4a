//go:build !unix

package postgrestest

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
)

var errUnsupported = errors.New("the tests can't start PostgreSQL on " + runtime.GOOS + ": set " + EnvServer + " to the URL of a server")

type owner struct{}

func serverOwner() (*owner, error)                  { return nil, errUnsupported }
func (*owner) give(string) error                    { return errUnsupported }
func (*owner) reachableTempDir() (string, error)    { return "", errUnsupported }
func detach(*exec.Cmd, *owner)                      {}
func killWithChildren(postmaster *os.Process) error { return postmaster.Kill() }
