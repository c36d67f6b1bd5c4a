package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// Request identifies who requests a change and, with an idempotency key, how to recognize a retry of the same request.
type Request struct {
	// Caller is the name of the API key, "" where the API is open.
	Caller string
	// UserID is the user that the request names, "" if it names none.
	UserID string
	// OccurredAt is when the change happened according to the caller. It is nil if the caller did not send it.
	OccurredAt *models.Millis
	// IdempotencyKey is "" for a request that may not be repeated.
	IdempotencyKey string
	// Operation is the method and path of the request, and BodyHash the SHA-256 of its body, in hexadecimal. They are set
	// together with IdempotencyKey.
	Operation, BodyHash string
}

// Anonymous is the user of an event whose request named no user and had no API key.
const Anonymous = "anonymous"

// user returns the user for the events.
func (r Request) user() string { return cmp.Or(r.UserID, r.Caller, Anonymous) }

// resultAge is how long the result of a request with an idempotency key is kept.
const resultAge = 24 * time.Hour

// Once makes a change, unless an earlier request with the same idempotency key has made it: then Once returns the result of
// that request, and true. It returns a KeyReused error when the key belongs to a different request, and ErrOutcomeUnknown when
// the change fails and the result of an earlier request cannot be read. Failures are not kept.
//
// The methods of Store that take a [Request] call Once, unless their comments say that the caller has to: a request that asks
// another system first must look for an earlier result before that.
func Once[Result any](ctx context.Context, s *Store, by Request, change func() (Result, error)) (Result, bool, error) {
	earlier, found, err := earlierResult[Result](ctx, s, by)
	if err != nil || found {
		return earlier, found, err
	}
	result, changeErr := change()
	if changeErr == nil || by.IdempotencyKey == "" {
		return result, false, changeErr
	}
	// The same request may have succeeded in the meantime on another connection. The error is then a consequence of that change
	// (the unit is already scrapped), so the caller must get the earlier result.
	earlier, found, err = earlierResult[Result](context.WithoutCancel(ctx), s, by)
	switch {
	case found:
		return earlier, true, nil
	case err == nil, errors.Is(changeErr, ErrBusy):
		return result, false, changeErr
	case isKeyReused(err):
		return result, false, err
	default:
		// changeErr is not wrapped, because the caller must not get it: the unit may be scrapped because of this request.
		return result, false, fmt.Errorf("%w: look for an earlier result: %w, after: %s", ErrOutcomeUnknown, err, changeErr.Error())
	}
}

func isKeyReused(err error) bool {
	known, ok := errors.AsType[*models.Error](err)
	return ok && known.Kind == models.KeyReused
}

// earlierResult returns the result of an earlier request with the same idempotency key, and whether there is one. It
// returns a KeyReused error when the key belongs to a different request.
func earlierResult[Result any](ctx context.Context, s *Store, by Request) (result Result, found bool, err error) {
	if by.IdempotencyKey == "" {
		return result, false, nil
	}
	var stored []models.StoredResult
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		return db.Where("caller = ? AND key = ? AND at > ?", by.Caller, by.IdempotencyKey, s.oldestResult()).Find(&stored).Error
	})
	if err != nil || len(stored) == 0 {
		return result, false, err
	}
	if stored[0].Operation != by.Operation || stored[0].BodyHash != by.BodyHash {
		return result, false, models.KeyReusedError()
	}
	err = json.Unmarshal([]byte(stored[0].Result), &result)
	return result, err == nil, err
}

// oldestResult is the time before which results are no longer used.
func (s *Store) oldestResult() models.Millis { return models.MillisOf(s.clock().Add(-resultAge)) }

// replaceExpired replaces a result that is older than resultAge. If the result is younger, the transaction fails, because a
// result must not be NULL.
var replaceExpired = fmt.Sprintf(`ON CONFLICT (caller, key) DO UPDATE SET operation = excluded.operation,
	body_hash = excluded.body_hash, at = excluded.at,
	result = CASE WHEN stored_results.at <= excluded.at - %d THEN excluded.result END`, resultAge.Milliseconds())

// keepResult writes the result of a change with the change. The transaction fails when another request with the same key has
// been committed; Once then finds the result of that request.
func keepResult(t *database.Tx, by Request, result any) error {
	return keepResults(t, []Request{by}, []any{result})
}

// keepResults is keepResult for the changes of several requests.
func keepResults[Result any](t *database.Tx, requests []Request, results []Result) error {
	var kept []models.StoredResult
	for i, by := range requests {
		if by.IdempotencyKey == "" {
			continue
		}
		encoded, err := json.Marshal(results[i])
		if err != nil {
			return fmt.Errorf("store: result of %s: %w", by.Operation, err)
		}
		kept = append(kept, models.StoredResult{
			Caller: by.Caller, Key: by.IdempotencyKey, Operation: by.Operation, BodyHash: by.BodyHash,
			Result: string(encoded), At: t.At,
		})
	}
	// Every transaction writes its keys in the same order, so that two transactions cannot wait for each other.
	slices.SortFunc(kept, func(a, b models.StoredResult) int {
		return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Key, b.Key))
	})
	if len(kept) > 0 {
		t.Queue(rows.OnConflict(kept, replaceExpired))
	}
	return nil
}

// sweepRows is how many rows Sweep deletes in one transaction, so that it delays other writers for a short time only.
const sweepRows = 5000

// Sweep deletes results that have expired.
func (s *Store) Sweep(ctx context.Context) error {
	oldest := s.oldestResult()
	for swept := int64(sweepRows); swept == sweepRows; {
		if err := s.db.Transact(ctx, func(t *database.Tx) error {
			deleted := t.Exec(`DELETE FROM stored_results WHERE (caller, key) IN
				(SELECT caller, key FROM stored_results WHERE at <= ? ORDER BY at LIMIT ?)`, oldest, sweepRows)
			swept = deleted.RowsAffected
			return deleted.Error
		}); err != nil {
			return err
		}
	}
	return nil
}
