// Command peers serves jobs with PocketBase, so that the benchmark can compare Routecard with it. Its argument is the directory
// of the data. It is a module of its own, because nobody who builds Routecard needs PocketBase.
//
// PocketBase has its default settings: SQLite in WAL mode with synchronous=NORMAL, so a power cut can lose what it has
// acknowledged. A job is one record with a name and a quantity, without labels, event, or idempotency.
//
//	go build -C bench/peers -o /tmp/peer . && make bench ARGS="-peer /tmp/peer -run PocketBase"
package main

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	_ "github.com/pocketbase/pocketbase/migrations" // the tables of PocketBase itself
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: peers DIRECTORY")
		os.Exit(2)
	}
	if err := serve(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// serve answers POST /api/collections/jobs/records on a free port, and writes the URL to standard error as Routecard does.
func serve(dir string) error {
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: dir})
	if err := errors.Join(app.Bootstrap(), app.RunAllMigrations(), createJobs(app)); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.Listener, e.InstallerFunc = listener, nil
		fmt.Fprintf(os.Stderr, `{"msg":"serving","url":"http://%s"}`+"\n", listener.Addr())
		return e.Next()
	})
	return apis.Serve(app, apis.ServeConfig{HttpAddr: listener.Addr().String()})
}

// createJobs creates the collection, in which everybody may create jobs.
func createJobs(app core.App) error {
	everybody := ""
	jobs := core.NewBaseCollection("jobs")
	jobs.CreateRule = &everybody
	least := 1.0
	jobs.Fields.Add(
		&core.TextField{Name: "name", Required: true, Max: 200},
		&core.NumberField{Name: "goalQuantity", Required: true, OnlyInt: true, Min: &least},
	)
	return app.Save(jobs)
}
