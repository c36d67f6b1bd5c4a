package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
)

// keyPrefix begins every API key, so that secret scanners find a key that was committed or logged by mistake.
const keyPrefix = "rck_"

// HashKey returns the hash that the database stores for a key.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// errKeyName is returned for a name that is not readable in an event. An empty name is not allowed, because it stands for callers
// without a key, whose idempotency keys are separate.
var errKeyName = errors.New("a name is 1 to 255 characters long, without blanks around it and without control characters")

// CreateKey creates an API key and returns it. The key cannot be read again. CreateKey returns a Conflict error if another key
// has the name, even a revoked key.
func (s *Store) CreateKey(ctx context.Context, name string, role models.Role) (string, error) {
	if length := utf8.RuneCountInString(name); length == 0 || length > 255 || !utf8.ValidString(name) ||
		strings.TrimSpace(name) != name || strings.ContainsFunc(name, unicode.IsControl) {
		return "", errKeyName
	}
	// 130 random bits, so that the key cannot be guessed.
	key := keyPrefix + rand.Text()
	err := s.db.Transact(ctx, func(t *database.Tx) error {
		return t.Create(&models.APIKey{
			ID: models.NewID(models.KeyPrefix), Name: name, Role: role, Hash: HashKey(key), CreatedAt: t.At,
		}).Error
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return "", models.ConflictError("there is a key named %s already; names are not given twice, so that events stay clear", name)
	}
	return key, err
}

// Keys returns all keys, revoked keys included, oldest first.
func (s *Store) Keys(ctx context.Context) (keys []models.APIKey, err error) {
	err = s.db.Query(ctx, func(db *gorm.DB) error { return db.Order("id").Find(&keys).Error })
	return keys, err
}

// RevokeKey revokes a key. Servers notice within 10 seconds. It returns a NotFound error when no valid key has the name.
func (s *Store) RevokeKey(ctx context.Context, name string) error {
	return s.db.Transact(ctx, func(t *database.Tx) error {
		revoked := t.Model(&models.APIKey{}).Where("name = ? AND revoked_at IS NULL", name).Update("revoked_at", t.At)
		if revoked.Error == nil && revoked.RowsAffected == 0 {
			return models.NotFoundError("Key", name)
		}
		return revoked.Error
	})
}
