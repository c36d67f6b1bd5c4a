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
)

// keyMark begins every key, so that a key which got where it should not be can be found by a search.
const keyMark = "rck_"

// HashKey is what the database holds of a key.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// errKeyName is returned for a name that would not stand clearly on events. An empty one would also be taken for the
// caller of an open API, whose receipts are not for it.
var errKeyName = errors.New("a name is 1 to 255 characters long, without blanks around it and without control characters")

// CreateKey makes an API key and returns it; it can't be had again. It returns a Conflict when the name is taken.
func (s *Store) CreateKey(ctx context.Context, name string, role models.Role) (string, error) {
	if length := utf8.RuneCountInString(name); length == 0 || length > 255 || !utf8.ValidString(name) ||
		strings.TrimSpace(name) != name || strings.ContainsFunc(name, unicode.IsControl) {
		return "", errKeyName
	}
	// 130 bits of randomness: nobody guesses it.
	key := keyMark + rand.Text()
	err := s.transact(ctx, func(t *tx) error {
		return t.Create(&models.APIKey{
			ID: models.NewID(models.KeyPrefix), Name: name, Role: role, Hash: HashKey(key), CreatedAt: t.at,
		}).Error
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return "", models.ConflictError("there is a key named %s already; names are not given twice, so that events stay clear", name)
	}
	return key, err
}

// Keys lists all keys, revoked ones included, oldest first.
func (s *Store) Keys(ctx context.Context) (keys []models.APIKey, err error) {
	err = s.query(ctx, func(db *gorm.DB) error { return db.Order("id").Find(&keys).Error })
	return keys, err
}

// RevokeKey ends a key for good. Servers notice within seconds. It returns a NotFound error when no key that holds has
// the name.
func (s *Store) RevokeKey(ctx context.Context, name string) error {
	return s.transact(ctx, func(t *tx) error {
		revoked := t.Model(&models.APIKey{}).Where("name = ? AND revoked_at IS NULL", name).Update("revoked_at", t.at)
		if revoked.Error == nil && revoked.RowsAffected == 0 {
			return models.NotFoundError("Key", name)
		}
		return revoked.Error
	})
}
