package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/gen"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

const idempotencyHeader = "Idempotency-Key"

// detachContext gives a handler a context that is not reused. Gin gives the same context to its next request, while a
// goroutine of database/sql may still ask the old one whether it has ended.
func detachContext(handle gen.StrictHandlerFunc, _ string) gen.StrictHandlerFunc {
	return func(c *gin.Context, request any) (any, error) { return handle(c.Copy(), request) }
}

// httpRequest returns the HTTP request of a handler's context, for what the generated types leave out.
func httpRequest(ctx context.Context) *http.Request {
	request, ok := ctx.Value(gin.ContextRequestKey).(*http.Request)
	if !ok {
		// Only a call that did not come through Gin. It has no headers.
		return &http.Request{URL: &url.URL{}, Body: http.NoBody}
	}
	return request
}

// change returns who requests a change that has no idempotency key.
func change(ctx context.Context) store.Request {
	caller, _ := ctx.Value(callerKey).(string)
	return store.Request{Caller: caller}
}

// repeatable returns who requests a change, and how a retry of the same request is recognized: by its idempotency key, its method
// and path, and the bytes of its body. The user is that of the body, if any.
func repeatable(ctx context.Context, key *gen.IdempotencyKey, user *gen.UserID) store.Request {
	by := change(ctx)
	if user != nil {
		by.UserID = *user
	}
	if key == nil {
		return by
	}
	request := httpRequest(ctx)
	hash := sha256.New()
	_, _ = io.Copy(hash, request.Body) // The check has read the body, so this only reads memory.
	by.IdempotencyKey, by.BodyHash = *key, hex.EncodeToString(hash.Sum(nil))
	by.Operation = request.Method + " " + request.URL.Path
	return by
}

// commandOptions has the fields that the bodies of all commands and of createSerials share.
type commandOptions struct {
	key        *gen.IdempotencyKey
	user       *gen.UserID
	occurredAt *gen.OccurredAt
}

// request returns the same as repeatable, and the time of the change if the body has one.
func (o commandOptions) request(ctx context.Context) (store.Request, error) {
	by := repeatable(ctx, o.key, o.user)
	if o.occurredAt != nil {
		at, err := time.Parse(time.RFC3339, strings.ToUpper(*o.occurredAt))
		if err != nil {
			return by, models.InvalidError("occurredAt", "must be a time by RFC 3339, such as 2024-01-15T10:30:00Z")
		}
		by.OccurredAt = new(models.MillisOf(at))
	}
	return by, nil
}

// replayed is the value of the Idempotency-Replayed header, nil for a request that was carried out now.
func replayed(earlier bool) *string {
	if !earlier {
		return nil
	}
	return new("true")
}
