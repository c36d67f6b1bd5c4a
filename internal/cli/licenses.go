package cli

import (
	_ "embed"
	"fmt"
	"os"
)

//go:generate go run ./cmd/licenses ../.. licenses.txt
//go:generate go run ./cmd/reference ../..

// licenses has the licenses of everything that the binary contains.
//
//go:embed licenses.txt
var licenses string

type licensesCommand struct{}

// Run prints the licenses.
func (licensesCommand) Run() error {
	_, err := fmt.Fprint(os.Stdout, licenses)
	return err
}
