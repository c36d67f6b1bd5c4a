package store

import (
	"context"
	"hash/maphash"
	"iter"
	"sort"
	"sync"

	"gorm.io/gorm"

	"github.com/routecard/routecard/models"
)

const (
	// blockJobs is how many consecutive jobs a block of the search index has.
	blockJobs = 64
	// blockBits is the size of a block's filter: 32 bytes for each job.
	blockBits = 1 << 14
	// maxBlocks is the largest number of blocks that a search reads. A text that more blocks may contain is searched in all jobs, newest
	// first, because a page is then soon full.
	maxBlocks = 256
	// maxFound is the largest number of jobs that a search selects by their ids.
	maxFound = 500
	// minSearch is the length of the shortest text that the index can find, in bytes.
	minSearch = 3
	// indexPage is how many rows one query of the index reads.
	indexPage = 10_000
)

// searchIndex tells which jobs cannot contain a text, so that a search for a text that few jobs contain does not read all jobs. It is a
// Bloom filter for each block of consecutive jobs, in memory, with a bit for each sequence of 3 and of 4 bytes in their search texts.
// Each search first adds the jobs that have changed since the search before, so that changes cost nothing. Bits of old texts stay.
type searchIndex struct {
	mutex sync.Mutex
	// epoch and seq are the last event whose job is in the index.
	epoch string
	seq   int64
	// newest is the highest id of the jobs.
	newest string
	blocks []*searchBlock
}

// searchBlock is the filter for the jobs from the id first up to the next block.
type searchBlock struct {
	first string
	// jobs counts the jobs whose ids were the highest when they were added.
	jobs int
	bits [blockBits / 64]uint64
}

var searchSeed = maphash.MakeSeed()

// searchedJob is what the index reads of a job.
type searchedJob struct {
	ID         string
	SearchText string
}

// idRange is the ids from first on that are lower than next.
type idRange struct{ first, next string }

// add adds a job that is new or has changed.
func (x *searchIndex) add(job searchedJob) {
	last := len(x.blocks) - 1
	if job.ID > x.newest {
		if last < 0 || x.blocks[last].jobs >= blockJobs {
			x.blocks = append(x.blocks, &searchBlock{first: job.ID})
		}
		x.newest = job.ID
		x.blocks[len(x.blocks)-1].jobs++
	}
	at := max(0, sort.Search(len(x.blocks), func(i int) bool { return x.blocks[i].first > job.ID })-1)
	block := x.blocks[at]
	block.first = min(block.first, job.ID)
	for _, length := range []int{minSearch, minSearch + 1} {
		for bit := range bitsOf(job.SearchText, length) {
			block.bits[bit/64] |= 1 << (bit % 64)
		}
	}
}

// ranges returns the ids of the jobs that can contain a text, and false if these are too many.
func (x *searchIndex) ranges(text string) (ranges []idRange, few bool) {
	found := 0
	for i, block := range x.blocks {
		if !block.mayContain(text) {
			continue
		}
		found++
		if found > maxBlocks {
			return nil, false
		}
		next := "~" // after each id
		if i+1 < len(x.blocks) {
			next = x.blocks[i+1].first
		}
		if n := len(ranges); n > 0 && ranges[n-1].next == block.first {
			ranges[n-1].next = next
		} else {
			ranges = append(ranges, idRange{block.first, next})
		}
	}
	return ranges, true
}

// mayContain reports whether the block has all bits of the text.
func (b *searchBlock) mayContain(text string) bool {
	for bit := range bitsOf(text, min(minSearch+1, len(text))) {
		if b.bits[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// bitsOf returns the bit of each sequence of length bytes in a text.
func bitsOf(text string, length int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for i := range len(text) - length + 1 {
			if !yield(maphash.String(searchSeed, text[i:i+length]) % blockBits) {
				return
			}
		}
	}
}

// narrow returns the filter with the ids of the jobs that contain its text, if these jobs are few.
func (s *Store) narrow(ctx context.Context, filter JobFilter) (JobFilter, error) {
	if filter.Query == nil {
		return filter, nil
	}
	text := models.FoldCase(*filter.Query)
	if len(text) < minSearch {
		return filter, nil
	}
	ranges, few, err := s.searchRanges(ctx, text)
	if err != nil || !few {
		return filter, err
	}
	err = s.db.Query(ctx, func(db *gorm.DB) error {
		found := []string{}
		for _, r := range ranges {
			var ids []string
			query := db.Model(&models.Job{}).Where("id >= ? AND id < ?", r.first, r.next).Where(s.db.Contains("search_text"), text)
			if err := query.Limit(maxFound).Pluck("id", &ids).Error; err != nil {
				return err
			}
			found = append(found, ids...)
			if len(found) >= maxFound {
				filter.ids = nil
				return nil
			}
		}
		filter.ids = found
		return nil
	})
	return filter, err
}

// searchRanges brings the index up to date, and returns the ids of the jobs that can contain a text, and false if these are too many.
func (s *Store) searchRanges(ctx context.Context, text string) ([]idRange, bool, error) {
	s.search.mutex.Lock()
	defer s.search.mutex.Unlock()
	// A request that its caller gives up must not throw away the work on the index.
	if err := s.updateSearch(context.WithoutCancel(ctx)); err != nil {
		return nil, false, err
	}
	ranges, few := s.search.ranges(text)
	return ranges, few, nil
}

// updateSearch adds the jobs of all new events to the index. If there are more new events than jobs, or if the database was restored,
// it reads all jobs instead.
func (s *Store) updateSearch(ctx context.Context) error {
	epoch, err := s.Epoch(ctx)
	if err != nil {
		return err
	}
	last, err := s.LastEvent(ctx)
	if err != nil {
		return err
	}
	x := &s.search
	if x.epoch != epoch || last < x.seq || last-x.seq > int64(len(x.blocks)*blockJobs) {
		return s.fillSearch(ctx, epoch, last)
	}
	for x.seq < last {
		upTo := min(last, x.seq+indexPage)
		var jobs []searchedJob
		err := s.db.Query(ctx, func(db *gorm.DB) error {
			// The text of a job changes with an event of the job itself.
			changed := db.Model(&models.Event{}).Select("job_id").Where("seq > ? AND seq <= ? AND job_id IS NOT NULL AND path_id IS NULL", x.seq, upTo)
			return db.Model(&models.Job{}).Where("id IN (?)", changed).Find(&jobs).Error
		})
		if err != nil {
			return err
		}
		for _, job := range jobs {
			x.add(job)
		}
		x.seq = upTo
	}
	return nil
}

// fillSearch replaces the index by one of all jobs. The jobs are as new as the event with the number last, or newer.
func (s *Store) fillSearch(ctx context.Context, epoch string, last int64) error {
	x := &s.search
	x.epoch, x.newest, x.blocks = "", "", nil
	for {
		var jobs []searchedJob
		err := s.db.Query(ctx, func(db *gorm.DB) error {
			return db.Model(&models.Job{}).Where("id > ?", x.newest).Order("id").Limit(indexPage).Find(&jobs).Error
		})
		if err != nil {
			return err
		}
		for _, job := range jobs {
			x.add(job)
		}
		if len(jobs) < indexPage {
			x.epoch, x.seq = epoch, last
			return nil
		}
	}
}
