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
	"golang.org/x/sync/singleflight"

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
	// reading is shared by all who find the keys too old at the same time.
	reading singleflight.Group
}

// all returns the keys, not older than keysAge. With an error it returns those that it knew last.
func (k *keyring) all(ctx context.Context) ([]models.APIKey, error) {
	k.mutex.Lock()
	keys, fresh := k.keys, !k.read.IsZero() && k.clock().Sub(k.read) <= keysAge
	k.mutex.Unlock()
	if fresh {
		return keys, nil
	}
	_, err, _ := k.reading.Do("", func() (any, error) {
		// Nobody's going away may keep the others from an answer.
		return nil, k.refresh(context.WithoutCancel(ctx))
	})
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.keys, err
}

func (k *keyring) refresh(ctx context.Context) error {
	// Everybody waits for this one. On a connection that has fallen silent it would wait for as long as TCP does.
	ctx, cancel := context.WithTimeout(ctx, keysAge)
	defer cancel()
	begin := k.clock()
	keys, err := k.store.Keys(ctx)
	if err != nil {
		return err
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.keys, k.read = keys, begin
	return nil
}

// admit reports whether a stream that was opened with the Authorization header may go on: without keys every stream, and
// otherwise a stream with a key that is not revoked. It returns false when the keys that the server knows are too old and
// cannot be read.
func (k *keyring) admit(ctx context.Context, header string) bool {
	keys, err := k.all(ctx)
	return err == nil && (len(keys) == 0 || findKey(keys, header) != nil)
}

// callerKey is where Gin's context keeps the name of the request's API key.
const callerKey = "caller"

// authorize lets a request pass that may do what the operation does, and answers for any other. While the database does
// not answer it goes by the keys that it knew last, and stale is why: the request may then be told what is wrong with it,
// but must not be carried out.
func (s *Server) authorize(c *gin.Context, operation *contract.Operation) (allowed bool, stale error) {
	keys, stale := s.keys.all(c.Request.Context())
	if len(keys) == 0 {
		return true, stale
	}
	key := findKey(keys, c.GetHeader("Authorization"))
	switch {
	case key == nil:
		c.Header("WWW-Authenticate", "Bearer")
		s.fail(c, &statusError{http.StatusUnauthorized, "an API key is required"})
		return false, stale
	case !key.Role.Reaches(models.Role(operation.Role)):
		s.fail(c, &statusError{http.StatusForbidden, "the API key's role " + string(key.Role) + " does not allow this"})
		return false, stale
	}
	c.Set(callerKey, key.Name)
	return true, stale
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

// guardHost refuses requests from other machines while the API is open: those for a host name that is not a loopback name, and
// those that a proxy has forwarded. A page of another site can have its own name point to 127.0.0.1, and would then be taken
// for this server's own page. A proxy on this machine can rewrite the host name, and would then open the API to its network.
func (s *Server) guardHost(c *gin.Context) {
	if s.anyHost {
		return
	}
	message := ""
	if forwarding := forwardingHeader(c.Request.Header); forwarding != "" {
		message = "without API keys this server refuses requests that a proxy has forwarded (this one has the header " + forwarding + ")"
	} else if !isLoopbackHost(c.Request.Host) {
		message = "without API keys this server answers to localhost only, not to " + c.Request.Host
	}
	if message == "" {
		return
	}
	// If the database does not answer, the keys that were read last decide; no change is made on that basis.
	if keys, _ := s.keys.all(c.Request.Context()); len(keys) == 0 {
		s.fail(c, &statusError{http.StatusForbidden, message})
	}
}

// forwardingHeader returns the first, in the order of the alphabet, of the headers that only a proxy sets, or "".
func forwardingHeader(header http.Header) (found string) {
	for name := range header {
		forwards := name == "Forwarded" || name == "Via" || strings.HasPrefix(name, "X-Forwarded-")
		if forwards && (found == "" || name < found) {
			found = name
		}
	}
	return found
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
