package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	// A machine without a time zone database, such as a minimal container, can then use --time-zone too.
	_ "time/tzdata"

	"github.com/coreos/go-systemd/v22/daemon"
	// The root certificates for Jira on a machine without any, such as a container.
	_ "golang.org/x/crypto/x509roots/fallback"

	"github.com/routecard/routecard/internal/version"
	"github.com/routecard/routecard/jira"
	"github.com/routecard/routecard/server"
	"github.com/routecard/routecard/store"
	"github.com/routecard/routecard/web"
)

const (
	// startTimeout bounds how long the server waits for the database at the start, migrations included.
	startTimeout = 2 * time.Minute
	// drainTimeout bounds how long running requests may take to finish after the server was told to stop.
	drainTimeout = 20 * time.Second
	// sweepInterval is the time between two deletions of expired rows.
	sweepInterval = time.Hour
	// sealInterval is the time between two seals of new events.
	sealInterval = 10 * time.Second
	// lastSealTimeout bounds how long the last seal may delay the end of the program.
	lastSealTimeout = 5 * time.Second
	// sendBufferSize is the send buffer of each connection, in bytes. Linux doubles it.
	sendBufferSize = 64 << 10
)

type serveCommand struct {
	databaseFlag
	Addr       string   `default:"localhost:3000" env:"ROUTECARD_ADDR" placeholder:"HOST:PORT" help:"Address to listen on (default: ${default})."`
	Insecure   bool     `env:"ROUTECARD_INSECURE" help:"Accept requests from other machines and through proxies even without API keys."`
	CORSOrigin []string `name:"cors-origin" env:"ROUTECARD_CORS_ORIGIN" placeholder:"URL" help:"Origin whose pages may call the API. Repeat the flag for several."`
	WebDir     string   `name:"web-dir" env:"ROUTECARD_WEB_DIR" type:"existingdir" placeholder:"DIR" help:"Folder from which to serve the pages instead of the built-in pages, for development."`
	TimeZone   string   `default:"UTC" env:"ROUTECARD_TIME_ZONE" placeholder:"NAME" help:"Time zone in which a due date ends, such as Europe/Berlin (default: ${default})."`
	tlsFlags
	backupFlags
	logFlags
	Jira jiraFlags `embed:"" prefix:"jira-" envprefix:"ROUTECARD_JIRA_"`
	// Credentials is set by systemd for a unit that has credentials.
	Credentials string `hidden:"" name:"credentials-directory" env:"CREDENTIALS_DIRECTORY"`
}

// jiraFlags are the settings of the Jira integration, which is off without a URL.
type jiraFlags struct {
	URL             string `name:"url" env:"URL" placeholder:"URL" help:"Address of Jira. Without it, Jira is off."`
	User            string `name:"user" env:"USER" placeholder:"EMAIL" help:"User of the API token (Jira Cloud). Without it, the token is a personal access token (Data Center)."`
	Token           string `name:"token" env:"TOKEN" placeholder:"TOKEN" help:"API token. Use a file or the environment, because other users of the machine can read flags."`
	TokenFile       string `name:"token-file" env:"TOKEN_FILE" placeholder:"FILE" help:"File with the API token. Defaults to the systemd credential jira-token if there is one."`
	Project         string `name:"project" env:"PROJECT" placeholder:"KEY" help:"Project whose open tickets are listed."`
	Deployment      string `name:"deployment" env:"DEPLOYMENT" default:"auto" enum:"auto,cloud,datacenter" placeholder:"KIND" help:"cloud, datacenter, or auto: ask Jira (default: ${default})."`
	PartNumberField string `name:"part-number-field" env:"PART_NUMBER_FIELD" default:"customfield_10908" placeholder:"ID" help:"Custom field with the part number (default: ${default})."`
	QuantityField   string `name:"quantity-field" env:"QUANTITY_FIELD" default:"customfield_10900" placeholder:"ID" help:"Custom field with the quantity (default: ${default})."`
	EpicField       string `name:"epic-field" env:"EPIC_FIELD" default:"customfield_10014" placeholder:"ID" help:"Custom field with the epic (default: ${default})."`
}

// client returns the client of the configured Jira, or nil if none is configured. Credentials is systemd's folder of credentials,
// empty if there is none.
func (f *jiraFlags) client(credentials string) (*jira.Client, error) {
	if f.URL == "" {
		return nil, nil
	}
	if err := f.readToken(credentials); err != nil {
		return nil, err
	}
	return jira.New(jira.Config{
		URL: f.URL, User: f.User, Token: f.Token, Project: f.Project, Deployment: f.Deployment,
		PartNumberField: f.PartNumberField, QuantityField: f.QuantityField, EpicField: f.EpicField,
	})
}

// readToken sets the token from its file or from systemd's credential, if one of them is given.
func (f *jiraFlags) readToken(credentials string) error {
	if f.Token != "" && f.TokenFile != "" {
		return errors.New("--jira-token and --jira-token-file cannot be given together")
	}
	file := f.TokenFile
	if file == "" && f.Token == "" && credentials != "" {
		file = filepath.Join(credentials, "jira-token")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("cannot read the Jira token in %s: %w", file, systemError(err))
	}
	if f.Token = strings.TrimSpace(string(content)); f.Token == "" {
		return fmt.Errorf("the file %s has no Jira token: it is empty", file)
	}
	return nil
}

// Run serves until SIGTERM or SIGINT, and then finishes the running requests.
func (c *serveCommand) Run() error {
	ctx, stop := untilInterrupted()
	defer stop()
	return c.serve(ctx, func(ctx context.Context, log *slog.Logger) (*store.Store, error) {
		return store.Open(ctx, c.Database, store.Options{Logger: log})
	})
}

// serve serves the database that open opens, until the context ends, and then finishes the running requests.
func (c *serveCommand) serve(ctx context.Context, open func(context.Context, *slog.Logger) (*store.Store, error)) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	log, err := c.logger(os.Stderr)
	if err != nil {
		return err
	}
	limitMemory(log)

	jiraClient, err := c.Jira.client(c.Credentials)
	if err != nil {
		return err
	}
	timeZone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return fmt.Errorf("--time-zone must be a name like Europe/Berlin, not %q", c.TimeZone)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, systemError(err))
	}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := open(starting, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := c.refuseOpenAPI(starting, listener.Addr(), db); err != nil {
		return err
	}
	options := server.Options{
		Pages: web.Files(), PagesChange: c.WebDir != "",
		Logger: log, Jira: jiraClient, Stopping: ctx.Done(), Insecure: c.Insecure, CORSOrigins: c.CORSOrigin,
		TimeZone: timeZone, Version: version.Get().Version,
	}
	if c.WebDir != "" {
		options.Pages = os.DirFS(c.WebDir)
	}
	backups, err := c.schedule(c.Database, db, log)
	if err != nil {
		return err
	}
	if backups != nil {
		options.LastBackup = backups.LastBackup
	}
	handler, err := server.New(db, options) //nolint:contextcheck // Each request has a context of its own.
	if err != nil {
		return err
	}
	encryption, err := c.config(c.Database, c.Addr, log)
	if err != nil {
		return err
	}
	go maintain(ctx, db, log)
	if backups != nil {
		// Ends before the database is closed.
		var running sync.WaitGroup
		running.Go(func() { backups.run(ctx) })
		defer running.Wait()
		defer stop()
	}
	sqlite, err := store.SQLiteVersion()
	if err != nil {
		return err
	}
	build := version.Get()
	scheme := "http://"
	if encryption != nil {
		scheme = "https://"
	}
	log.Info("serving", "url", scheme+listener.Addr().String(), "database", store.Describe(c.Database),
		"version", build.Version, "commit", build.Commit, "go", build.Go, "sqlite", sqlite)
	notifySystemd(daemon.SdNotifyReady, log)
	if err := serveHTTP(ctx, listener, encryption, handler, log); err != nil {
		return err
	}
	ending, cancelSeal := context.WithTimeout(context.WithoutCancel(ctx), lastSealTimeout)
	defer cancelSeal()
	if err := db.Seal(ending); err != nil {
		log.Warn("could not seal the last events", "error", err)
	}
	return nil
}

// refuseOpenAPI returns an error if the API needs no key, and other machines or the pages of any site could use it, unless the
// Insecure flag is set. It is enough to look for keys at the start: an API that has had a key is never open again.
func (c *serveCommand) refuseOpenAPI(ctx context.Context, listening net.Addr, db *store.Store) error {
	address, err := netip.ParseAddrPort(listening.String())
	var danger string
	switch {
	case c.Insecure:
		return nil
	case err != nil || !address.Addr().Unmap().IsLoopback():
		danger = "listen on " + c.Addr
	case slices.Contains(c.CORSOrigin, "*"):
		danger = "let the pages of every origin (--cors-origin '*') call the API"
	default:
		return nil
	}
	keys, err := db.Keys(ctx)
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("refusing to %s while the API is open: create a key first (routecard keys create --name NAME --role write), or give --insecure", danger)
	}
	return err
}

// serveHTTP serves requests until the context ends, by HTTPS unless the settings of TLS are nil. It then waits for the running requests, at most drainTimeout, and
// closes the connections of those that have not finished.
func serveHTTP(ctx context.Context, listener net.Listener, encryption *tls.Config, handler http.Handler, log *slog.Logger) error {
	httpServer := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		// The handler extends it while the client reads.
		WriteTimeout: time.Minute,
		IdleTimeout:  2 * time.Minute,
		ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext:  limitSendBuffer,
		TLSConfig:    encryption,
	}
	serve := httpServer.Serve
	if encryption != nil {
		serve = func(listener net.Listener) error { return httpServer.ServeTLS(listener, "", "") }
	}
	failed := make(chan error, 1)
	go func() { failed <- serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	notifySystemd(daemon.SdNotifyStopping, log)
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := httpServer.Shutdown(draining); err != nil {
		log.Warn("closed the connections of unfinished requests", "afterMs", drainTimeout.Milliseconds())
		return httpServer.Close()
	}
	return nil
}

// limitSendBuffer sets the size of the connection's send buffer to sendBufferSize. The system's own buffer grows to
// megabytes and accepts more data only when a third of it is free, so a slow client would look like one that has
// stopped reading.
func limitSendBuffer(ctx context.Context, conn net.Conn) context.Context {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBufferSize) // if it fails, only slow clients suffer
	}
	return ctx
}

// notifySystemd tells systemd about the state of the server, if systemd has started it.
func notifySystemd(state string, log *slog.Logger) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("could not notify systemd", "state", state, "error", err)
	}
}

// maintain seals new events every sealInterval and deletes expired rows every sweepInterval, until the context ends.
func maintain(ctx context.Context, db *store.Store, log *slog.Logger) {
	sealing, sweeping := time.NewTicker(sealInterval), time.NewTicker(sweepInterval)
	defer sealing.Stop()
	defer sweeping.Stop()
	for {
		name, task := "seal", db.Seal
		select {
		case <-ctx.Done():
			return
		case <-sealing.C:
		case <-sweeping.C:
			name, task = "sweep", db.Sweep
		}
		if err := task(ctx); err != nil && ctx.Err() == nil {
			log.Warn("maintenance failed", "task", name, "error", err)
		}
	}
}

// systemError returns the error of the operating system within err, such as "address already in use", without the
// operation and the address that package net puts before it. It returns err if there is none.
func systemError(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}
