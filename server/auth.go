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

// keysAge is how long a server uses the keys that it has read. A revoked key must stop working within 10 seconds.
const keysAge = 5 * time.Second

// keyring has the API keys that a server has read.
type keyring struct {
	store *store.Store
	clock func() time.Time

	mutex sync.Mutex
	keys  []models.APIKey
	read  time.Time
	// reading is shared by all requests that find the keys too old at the same time.
	reading singleflight.Group
}

// all returns the keys, not older than keysAge. Together with an error it returns the keys that were read last.
func (k *keyring) all(ctx context.Context) ([]models.APIKey, error) {
	k.mutex.Lock()
	keys, fresh := k.keys, !k.read.IsZero() && k.clock().Sub(k.read) <= keysAge
	k.mutex.Unlock()
	if fresh {
		return keys, nil
	}
	_, err, _ := k.reading.Do("", func() (any, error) {
		// A client that goes away must not end the read of the others.
		return nil, k.refresh(context.WithoutCancel(ctx))
	})
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.keys, err
}

func (k *keyring) refresh(ctx context.Context) error {
	// All requests wait for this read. Without a timeout, a connection to a database that is gone would delay them for minutes.
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

// admit reports whether a stream that was opened with the Authorization header may continue: every stream while there are no
// keys, and otherwise a stream with a valid key. It returns false when the keys that the server knows are too old and
// cannot be read.
func (k *keyring) admit(ctx context.Context, header string) bool {
	keys, err := k.all(ctx)
	return err == nil && (len(keys) == 0 || findKey(keys, header) != nil)
}

// callerKey is where Gin's context keeps the name of the request's API key.
const callerKey = "caller"

// authorize reports whether the request may call the operation, and responds to a request that may not. While the database does
// not respond, authorize uses the keys that it read last, and stale is the reason: the request may then get an error about its
// input, but must not be executed.
func (s *Server) authorize(c *gin.Context, operation *contract.Operation) (allowed bool, stale error) {
	keys, stale := s.keys.all(c.Request.Context())
	if len(keys) == 0 {
		return true, stale
	}
	key := findKey(keys, c.GetHeader("Authorization"))
	switch {
	case key == nil:
		c.Header("WWW-Authenticate", "Bearer")
		s.fail(c, &statusError{http.StatusUnauthorized, "An API key is required"})
		return false, stale
	case !key.Role.Reaches(models.Role(operation.Role)):
		s.fail(c, &statusError{http.StatusForbidden, "The API key's role " + string(key.Role) + " does not allow this"})
		return false, stale
	}
	c.Set(callerKey, key.Name)
	return true, stale
}

// findKey returns the key of an Authorization header, or nil. Its time does not depend on how much of a key is right.
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
// those that a proxy has forwarded. A page of another site can point its own host name to 127.0.0.1, and a browser would then treat
// it as this server's own page. A proxy on this machine can rewrite the host name, and would then open the API to its network.
func (s *Server) guardHost(c *gin.Context) {
	if s.anyHost {
		return
	}
	message := ""
	if forwarding := forwardingHeader(c.Request.Header); forwarding != "" {
		message = "Without API keys this server refuses requests that a proxy has forwarded (this one has the header " + forwarding + ")"
	} else if !isLoopbackHost(c.Request.Host) {
		message = "Without API keys this server answers to localhost only, not to " + c.Request.Host
	}
	if message == "" {
		return
	}
	// If the database does not respond, the server uses the keys that it read last, and makes no change.
	if keys, _ := s.keys.all(c.Request.Context()); len(keys) == 0 {
		s.fail(c, &statusError{http.StatusForbidden, message})
	}
}

// forwardingHeader returns the alphabetically first header that only a proxy sets, or "".
func forwardingHeader(header http.Header) (found string) {
	for name := range header {
		forwards := name == "Forwarded" || name == "Via" || strings.HasPrefix(name, "X-Forwarded-")
		if forwards && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

// isLoopbackHost reports whether a Host header is a loopback name.
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
