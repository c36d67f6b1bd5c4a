package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

// receiptAge is how long an Idempotency-Key is remembered.
const receiptAge = 24 * time.Hour

// ErrReceiptTaken is returned when another request with the same Idempotency-Key was first. Nothing was changed; the
// receipt of the other one has the answer.
var ErrReceiptTaken = errors.New("store: the idempotency key is taken")

// Receipt is the order to keep the answer to a request with the request's change.
type Receipt struct {
	Caller, Key, Operation, Hash string
	// Render makes the answer out of the result of the method that makes the change. It is called in the transaction,
	// maybe on another goroutine.
	Render func(result any) (status int, headers, body string, err error)
}

type receiptKey struct{}

// WithReceipt returns a context whose change is made only together with the receipt.
func WithReceipt(ctx context.Context, receipt *Receipt) context.Context {
	return context.WithValue(ctx, receiptKey{}, receipt)
}

// ReceiptOf returns the receipt of the context, or nil.
func ReceiptOf(ctx context.Context) *Receipt {
	receipt, _ := ctx.Value(receiptKey{}).(*Receipt)
	return receipt
}

// FindReceipt returns what was answered to an earlier request with this key, or nil.
func (s *Store) FindReceipt(ctx context.Context, caller, key string) (*models.Receipt, error) {
	var found []models.Receipt
	err := s.query(ctx, func(db *gorm.DB) error {
		return db.Where("caller = ? AND key = ? AND at > ?", caller, key, s.receiptHorizon()).Find(&found).Error
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// receiptHorizon is the time before which receipts are forgotten.
func (s *Store) receiptHorizon() models.Millis {
	return models.MillisOf(s.clock().Add(-receiptAge))
}

// answer keeps the answer for the receipt, if there is one, until the transaction ends.
func (t *tx) answer(receipt *Receipt, result any) error {
	if receipt == nil {
		return nil
	}
	kept := models.Receipt{
		Caller: receipt.Caller, Key: receipt.Key, Operation: receipt.Operation, Hash: receipt.Hash, At: t.at,
	}
	var err error
	kept.Status, kept.Headers, kept.Body, err = receipt.Render(result)
	t.receipts = append(t.receipts, kept)
	return err
}

// replaceForgotten takes the place of a receipt that is older than receiptAge, and leaves any other.
var replaceForgotten = fmt.Sprintf(`ON CONFLICT (caller, key) DO UPDATE SET operation = excluded.operation,
	hash = excluded.hash, status = excluded.status, headers = excluded.headers, body = excluded.body, at = excluded.at
	WHERE receipts.at <= excluded.at - %d`, receiptAge.Milliseconds())

// receiptRows are the receipts to write. On one that another transaction has written the database waits for that one's
// end, and the insertion returns ErrReceiptTaken if it was committed within the last day.
func (t *tx) receiptRows() (insertion, error) {
	// In one order, so that two transactions can't wait for each other.
	slices.SortFunc(t.receipts, func(a, b models.Receipt) int {
		return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Key, b.Key))
	})
	for i := 1; i < len(t.receipts); i++ {
		if t.receipts[i].Caller == t.receipts[i-1].Caller && t.receipts[i].Key == t.receipts[i-1].Key {
			return insertion{}, ErrReceiptTaken
		}
	}
	rows := receiptTable.rows(t.receipts)
	rows.conflict, rows.short = replaceForgotten, ErrReceiptTaken
	return rows, nil
}

// sweepRows is how much Sweep deletes at a time, so that nobody who writes waits long for it.
const sweepRows = 5000

// Sweep deletes what is kept for a time only and has had it.
func (s *Store) Sweep(ctx context.Context) error {
	horizon := s.receiptHorizon()
	for swept := int64(sweepRows); swept == sweepRows; {
		if err := s.transact(ctx, func(t *tx) error {
			deleted := t.Exec(`DELETE FROM receipts WHERE (caller, key) IN
				(SELECT caller, key FROM receipts WHERE at <= ? ORDER BY at LIMIT ?)`, horizon, sweepRows)
			swept = deleted.RowsAffected
			return deleted.Error
		}); err != nil {
			return err
		}
	}
	return nil
}
