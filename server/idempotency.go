package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

const idempotencyHeader = "Idempotency-Key"

// keptHeaders are those of an answer that are told again with it.
var keptHeaders = []string{"Content-Type", "ETag", "Location"}

// replay answers with what the same request was answered before, and tells whether it did. Otherwise the request's change
// is going to be made together with its receipt.
func (s *Server) replay(c *gin.Context, body []byte) bool {
	key := c.GetHeader(idempotencyHeader)
	if key == "" || c.Request.Method != http.MethodPost {
		return false
	}
	sum := sha256.Sum256(body)
	receipt := &store.Receipt{
		Caller:    callerOf(c),
		Key:       key,
		Operation: c.Request.Method + " " + c.Request.URL.Path,
		Hash:      hex.EncodeToString(sum[:]),
	}
	found, err := s.store.FindReceipt(c.Request.Context(), receipt.Caller, receipt.Key)
	switch {
	case err != nil:
		s.fail(c, err)
	case found != nil:
		s.answerAgain(c, receipt, found)
	default:
		c.Request = c.Request.WithContext(store.WithReceipt(c.Request.Context(), receipt))
		return false
	}
	return true
}

// answerAgain sends the answer of the earlier request, if this one is the same.
func (s *Server) answerAgain(c *gin.Context, receipt *store.Receipt, found *models.Receipt) {
	if found.Operation != receipt.Operation || found.Hash != receipt.Hash {
		s.fail(c, &statusError{http.StatusUnprocessableEntity, "Idempotency-Key was already used for a different request"})
		return
	}
	var headers map[string]string
	if err := json.Unmarshal([]byte(found.Headers), &headers); err != nil {
		s.fail(c, err)
		return
	}
	for name, value := range headers {
		c.Header(name, value)
	}
	c.Header("Idempotency-Replayed", "true")
	c.Abort()
	c.String(found.Status, "%s", found.Body)
}

// failOrReplay answers for an error. When the same request has succeeded meanwhile, then what this one met is the effect of
// that one (the unit is scrapped already), and its answer is that one's.
func (s *Server) failOrReplay(c *gin.Context, err error) {
	receipt := store.ReceiptOf(c)
	if receipt == nil {
		s.fail(c, err)
		return
	}
	found, findErr := s.store.FindReceipt(c.Request.Context(), receipt.Caller, receipt.Key)
	switch {
	case findErr != nil:
		// Whether the error is this request's own can't be told.
		s.fail(c, fmt.Errorf("find the receipt: %w, after: %w", findErr, err))
	case found != nil:
		s.answerAgain(c, receipt, found)
	default:
		s.fail(c, err)
	}
}

// answered makes a change and maps its result to the answer. When the request has an Idempotency-Key the same answer is
// kept in the change's own transaction, so that there is never one without the other.
func answered[Result, Answer any](
	ctx context.Context,
	change func() (Result, error),
	toAnswer func(Result) Answer,
	visit func(Answer, http.ResponseWriter) error,
) (Answer, error) {
	if receipt := store.ReceiptOf(ctx); receipt != nil {
		receipt.Render = func(result any) (int, string, string, error) {
			own, ok := result.(Result)
			if !ok {
				return 0, "", "", errors.New("the receipt is for another result")
			}
			return render(func(w http.ResponseWriter) error { return visit(toAnswer(own), w) })
		}
	}
	result, err := change()
	if err != nil {
		var none Answer
		return none, err
	}
	return toAnswer(result), nil
}

// render writes an answer to memory.
func render(visit func(http.ResponseWriter) error) (status int, headers, body string, err error) {
	recorder := &memory{header: http.Header{}}
	if err := visit(recorder); err != nil {
		return 0, "", "", err
	}
	kept := map[string]string{}
	for _, name := range keptHeaders {
		if value := recorder.header.Get(name); value != "" {
			kept[name] = value
		}
	}
	encoded, err := json.Marshal(kept)
	return recorder.status, string(encoded), recorder.body.String(), err
}

// memory is an http.ResponseWriter that keeps what is written to it.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (m *memory) Header() http.Header            { return m.header }
func (m *memory) WriteHeader(status int)         { m.status = status }
func (m *memory) Write(part []byte) (int, error) { return m.body.Write(part) }
