// Command routecard is a server that tracks production jobs on a shop floor. openapi.yaml describes its HTTP API.
package main

import "github.com/routecard/routecard/internal/cli"

func main() {
	cli.Main()
}
