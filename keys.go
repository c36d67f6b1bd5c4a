package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

type keysCommand struct {
	Create keysCreateCommand `cmd:"" help:"Make a key and print it, once."`
	List   keysListCommand   `cmd:"" help:"List the keys."`
	Revoke keysRevokeCommand `cmd:"" help:"End a key; it stops working within 10 seconds on every server."`
}

type keysCreateCommand struct {
	databaseFlag
	Name string `required:"" help:"Whose key it is; stands as userId on events."`
	Role string `required:"" enum:"read,operate,write" help:"read (GET), operate (and the commands on serial numbers) or write (everything)."`
}

// Run prints the key alone, so that a script can take it.
func (c *keysCreateCommand) Run() error {
	return withNewStore(c.Database, func(ctx context.Context, db *store.Store) error {
		key, err := db.CreateKey(ctx, c.Name, models.Role(c.Role))
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "This key is shown once. Requests send it as: Authorization: Bearer KEY")
		_, err = fmt.Fprintln(os.Stdout, key)
		return err
	})
}

type keysListCommand struct {
	databaseFlag
}

// Run prints a table.
func (c *keysListCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		keys, err := db.Keys(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tROLE\tCREATED\tREVOKED")
		for _, key := range keys {
			revoked := "-"
			if key.RevokedAt != nil {
				revoked = key.RevokedAt.String()
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", key.Name, key.Role, key.CreatedAt, revoked)
		}
		return table.Flush()
	})
}

type keysRevokeCommand struct {
	databaseFlag
	Name string `required:"" help:"Whose key to end."`
}

// Run ends the key.
func (c *keysRevokeCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		return db.RevokeKey(ctx, c.Name)
	})
}

// withStore opens a database that exists, beside a server that may be using it.
func withStore(database string, fn func(context.Context, *store.Store) error) error {
	if !store.IsPostgres(database) {
		if _, err := os.Stat(database); err != nil {
			return fmt.Errorf("there is no database %s", database)
		}
	}
	return withNewStore(database, fn)
}

// withNewStore is withStore for the first key, which may come before the first start of a server.
func withNewStore(database string, fn func(context.Context, *store.Store) error) error {
	ctx := context.Background()
	db, err := store.Open(ctx, database, store.Options{Beside: true})
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, db), db.Close())
}
