// Package floor holds the programs that Routecard is measured against: each does by hand, and with the fewest means, one
// thing that Routecard does, through the same HTTP stack and the same database drivers. They check next to nothing and know
// no errors of a caller; that is what makes them floors.
package floor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Kinds of floors.
const (
	// Echo decodes the job and sends it back: what HTTP, Gin and JSON cost.
	Echo = "echo"
	// Single writes each job in a transaction of its own.
	Single = "single"
	// Group has one goroutine that writes all jobs that wait in one transaction.
	Group = "group"
	// List reads all jobs.
	List = "list"
)

// Serve runs one kind of floor until standard input ends, which it does when the benchmark is gone, however it ended. It
// prints its address first.
func Serve(kind, database string, stdin io.Reader, stdout io.Writer) error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET("/healthz", func(c *gin.Context) { c.Status(http.StatusOK) })
	if err := mount(engine, kind, database); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: engine}
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		_ = server.Shutdown(context.Background())
	}()
	if _, err := fmt.Fprintln(stdout, listener.Addr()); err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func mount(engine *gin.Engine, kind, database string) error {
	if kind == Echo {
		engine.POST("/api/jobs", echo)
		return nil
	}
	db, err := open(database)
	if err != nil {
		return err
	}
	switch kind {
	case Single:
		writer, err := newSingle(db)
		engine.POST("/api/jobs", create(writer))
		return err
	case Group:
		writer, err := newGroup(db)
		engine.POST("/api/jobs", create(writer))
		return err
	case List:
		engine.GET("/api/jobs", list(db))
		return nil
	default:
		return fmt.Errorf("no floor of the kind %q", kind)
	}
}
