package models

// Role says what an API key may do. Each role includes the one before it.
type Role string

// The roles.
const (
	// RoleRead may read.
	RoleRead Role = "read"
	// RoleOperate may also give commands to units.
	RoleOperate Role = "operate"
	// RoleWrite may do everything.
	RoleWrite Role = "write"
)

var reach = map[Role]int{RoleRead: 1, RoleOperate: 2, RoleWrite: 3}

// Reaches reports whether the role includes the other role.
func (r Role) Reaches(asked Role) bool { return reach[r] >= reach[asked] }

// APIKey is a key for the API. The key itself is shown once and not stored.
type APIKey struct {
	ID   string `gorm:"primaryKey"`
	Name string
	Role Role
	// Hash is the SHA-256 of the key, in hexadecimal. A slow hash would add nothing, because the key is long and random.
	Hash      string
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	// RevokedAt is nil while the key is valid.
	RevokedAt *Millis
}

// TableName names the table. GORM's default is the same, but depends on its list of initialisms.
func (APIKey) TableName() string { return "api_keys" }
