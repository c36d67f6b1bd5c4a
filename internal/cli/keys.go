package cli

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

type keysCommand struct {
	Create keysCreateCommand `cmd:"" help:"Create a key and print it. It cannot be printed again."`
	List   keysListCommand   `cmd:"" help:"List the keys."`
	Revoke keysRevokeCommand `cmd:"" help:"Revoke a key. It stops working within 10 seconds on every server."`
}

type keysCreateCommand struct {
	databaseFlag
	Name string `required:"" help:"Name of the key. Events show it as keyName, and as userId if the request has none."`
	Role string `required:"" enum:"read,operate,write" help:"read (GET), operate (also commands on serial numbers), or write (everything)."`
}

// Run creates a key. It prints the key to standard output and everything else to standard error, so that a script can
// read the key. The database is created if it does not exist: the first key may be needed before the first start.
func (c *keysCreateCommand) Run() error {
	return withStoreIn(store.Create, c.Database, func(ctx context.Context, db *store.Store) error {
		if db.Created() {
			fmt.Fprintln(os.Stderr, "There was no database yet, so this command has created", store.Describe(c.Database))
		}
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

// Run prints a table of all keys, revoked ones included. The keys themselves are not stored, so it can't print them.
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
	Name string `required:"" help:"Name of the key."`
}

// Run revokes the key with the given name.
func (c *keysRevokeCommand) Run() error {
	return withStore(c.Database, func(ctx context.Context, db *store.Store) error {
		return db.RevokeKey(ctx, c.Name)
	})
}
