package main

import (
	"context"
	"errors"
	"net/url"
	"os/exec"
	"path/filepath"

	"github.com/routecard/routecard/internal/postgrestest"
)

// cluster is the PostgreSQL that everything is measured on.
type cluster struct {
	admin *url.URL
	// own is nil when ROUTECARD_TEST_POSTGRES names the server.
	own *postgrestest.Cluster
	// pgbench is PostgreSQL's own load generator, "" where it is not installed.
	pgbench string
}

// startCluster finds or starts PostgreSQL; nil when it was declined.
func startCluster(h *host) (*cluster, error) {
	source, err := postgrestest.Locate()
	if errors.Is(err, postgrestest.ErrDeclined) {
		return nil, nil //nolint:nilnil // measured without, and said so
	}
	if err != nil {
		return nil, err
	}
	c := &cluster{admin: source.URL}
	if c.admin == nil {
		// Everything else is PostgreSQL's own default.
		c.own = postgrestest.Start(h, postgrestest.Options{Durable: true})
		if c.admin, err = url.Parse(c.own.URL("postgres")); err != nil {
			return nil, err
		}
	}
	for _, candidate := range []string{filepath.Join(source.BinDir, "pgbench"), "pgbench"} {
		if path, err := exec.LookPath(candidate); err == nil {
			c.pgbench = path
			break
		}
	}
	return c, nil
}

// create makes a database.
func (c *cluster) create(name string) (string, error) {
	if err := execute(c.admin.String(), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return "", err
	}
	own := *c.admin
	own.Path = "/" + name
	return own.String(), nil
}

// drop takes a database away again, with the connections to it.
func (c *cluster) drop(name string) error {
	return execute(c.admin.String(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// setting reads one of the server's settings.
func (c *cluster) setting(name string) (string, error) {
	db, err := connect(c.admin.String())
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }()
	var value string
	err = db.QueryRowContext(context.Background(), "SELECT current_setting($1)", name).Scan(&value)
	return value, err
}
