package server

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/routecard/routecard/internal/contract"
	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store"
)

// keysAge is how long a server goes by the keys that it read last. A revoked key must stop working within 10 seconds.
const keysAge = 5 * time.Second

// keyring is a server's knowledge of the API keys.
type keyring struct {
	store *store.Store
	clock func() time.Time

	mutex sync.Mutex
	keys  []models.APIKey
	read  time.Time
}

// all returns the keys, not older than keysAge.
func (k *keyring) all(ctx context.Context) ([]models.APIKey, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if now := k.clock(); k.read.IsZero() || now.Sub(k.read) > keysAge {
		// Nobody's going away may keep the others from an answer.
		keys, err := k.store.Keys(context.WithoutCancel(ctx))
		if err != nil {
			return nil, err
		}
		k.keys, k.read = keys, now
	}
	return k.keys, nil
}

const callerKey = "caller"

// callerOf is the name of the API key that the request brought, or "".
func callerOf(c *gin.Context) string { return c.GetString(callerKey) }

// authorize lets a request pass that may do what the operation does, and answers for any other.
func (s *Server) authorize(c *gin.Context, operation *contract.Operation) bool {
	keys, err := s.keys.all(c)
	if err != nil {
		s.fail(c, err)
		return false
	}
	if len(keys) == 0 {
		return true
	}
	key := findKey(keys, c.GetHeader("Authorization"))
	switch {
	case key == nil:
		c.Header("WWW-Authenticate", "Bearer")
		s.fail(c, &statusError{http.StatusUnauthorized, "an API key is required"})
		return false
	case !key.Role.Reaches(models.Role(operation.Role)):
		s.fail(c, &statusError{http.StatusForbidden, "the API key's role " + string(key.Role) + " does not allow this"})
		return false
	}
	c.Set(callerKey, key.Name)
	c.Request = c.Request.WithContext(store.WithUser(c.Request.Context(), key.Name))
	return true
}

// findKey returns the key that the header brings, or nil. It takes as long for a near miss as for any other.
func findKey(keys []models.APIKey, header string) *models.APIKey {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	hash := []byte(store.HashKey(strings.TrimSpace(token)))
	var found *models.APIKey
	for i := range keys {
		if subtle.ConstantTimeCompare(hash, []byte(keys[i].Hash)) == 1 && keys[i].RevokedAt == nil {
			found = &keys[i]
		}
	}
	return found
}

// guardHost answers only to loopback names while the API is open: a page of another site can have its own name point to
// 127.0.0.1, and would then be taken for this server's own page.
func (s *Server) guardHost(c *gin.Context) {
	if s.anyHost || isLoopbackHost(c.Request.Host) {
		return
	}
	keys, err := s.keys.all(c)
	switch {
	case err != nil:
		s.fail(c, err)
	case len(keys) == 0:
		s.fail(c, &statusError{
			http.StatusForbidden,
			"without API keys this server answers to localhost only, not to " + c.Request.Host,
		})
	}
}

// isLoopbackHost tells whether a Host header names this machine only.
func isLoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
