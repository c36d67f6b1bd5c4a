package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
	"github.com/routecard/routecard/store/internal/database"
	"github.com/routecard/routecard/store/internal/rows"
)

// maxSealedEvents is the largest number of events of one seal. It bounds how long one read takes.
const maxSealedEvents = 10_000

// Seal seals all events that were committed before the call and are not sealed yet, so that [Store.Check] notices when
// somebody changes, adds, or removes one of them. It does not delay writers: it reads the events without a lock, and writes
// one small row for each block. Several servers may call Seal at the same time.
func (s *Store) Seal(ctx context.Context) error {
	for {
		more, err := s.sealBlock(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// sealBlock seals the next block of events, and reports whether there may be more to seal. A block takes whatever is visible
// after the block before it, because events become visible in the order of their numbers.
func (s *Store) sealBlock(ctx context.Context) (more bool, err error) {
	var seal models.Seal
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		var previous models.Seal
		if err := db.Order("number DESC").Limit(1).Find(&previous).Error; err != nil {
			return err
		}
		block := newBlock(previous)
		err := rows.Each(db.Where("seq > ?", previous.LastSeq).Order("seq").Limit(maxSealedEvents), block.add)
		seal = block.seal()
		return err
	})
	if err != nil || seal.Events == 0 {
		return false, err
	}
	err = s.db.Transact(ctx, func(t *database.Tx) error {
		seal.At = t.At
		return t.Create(&seal).Error
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		// Another server was faster, and may have sealed fewer events.
		return true, nil
	}
	return seal.Events == maxSealedEvents, err
}

// block is the events of one seal while they are hashed. The hash is the SHA-256 of the seal's number in 8 bytes, the most
// significant first; the hash of the seal before it as 64 characters, none for the first seal; and the events in their order,
// each as [rows.Encoder] encodes it.
type block struct {
	encoder *rows.Encoder[models.Event]
	hash    hash.Hash
	sealed  models.Seal
	buffer  []byte
}

// newBlock returns the empty block that follows a seal. The zero seal is before the first block.
func newBlock(previous models.Seal) *block {
	b := &block{encoder: rows.NewEncoder[models.Event]()}
	b.begin(previous)
	return b
}

// begin empties the block, which then follows the given seal.
func (b *block) begin(previous models.Seal) {
	b.sealed = models.Seal{Number: previous.Number + 1, LastSeq: previous.LastSeq}
	b.hash = sha256.New()
	b.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(b.sealed.Number)))
	b.hash.Write([]byte(previous.Hash))
}

// add adds the next event.
func (b *block) add(event *models.Event) (err error) {
	if b.buffer, err = b.encoder.Append(b.buffer[:0], event); err != nil {
		return err
	}
	b.hash.Write(b.buffer)
	if b.sealed.Events == 0 {
		b.sealed.FirstSeq = event.Seq
	}
	b.sealed.LastSeq = event.Seq
	b.sealed.Events++
	return nil
}

// seal returns the seal of the events that were added.
func (b *block) seal() models.Seal {
	seal := b.sealed
	seal.Hash = hex.EncodeToString(b.hash.Sum(nil))
	return seal
}

// HasSeal reports whether the database has the seal that an operator has noted, in the form of [models.Seal.String]. It says
// nothing about the events, see [Store.Check].
func (s *Store) HasSeal(ctx context.Context, noted string) (bool, error) {
	seq, hash, _ := strings.Cut(noted, ":")
	last, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		return false, nil //nolint:nilerr // A text without a valid number names no seal.
	}
	var found int64
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		return db.Model(&models.Seal{}).Where("last_seq = ? AND hash = ?", last, hash).Count(&found).Error
	})
	return found > 0, err
}
