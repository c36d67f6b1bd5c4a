package models

// Role is what an API key may do. Each role may do what the one before it may.
type Role string

// The roles.
const (
	// RoleRead may read.
	RoleRead Role = "read"
	// RoleOperate may also give commands to serial numbers.
	RoleOperate Role = "operate"
	// RoleWrite may do everything.
	RoleWrite Role = "write"
)

var reach = map[Role]int{RoleRead: 1, RoleOperate: 2, RoleWrite: 3}

// Reaches tells whether the role may do what asks for the other one.
func (r Role) Reaches(asked Role) bool { return reach[r] >= reach[asked] }

// APIKey lets its holder use the API. The key itself is shown once and kept nowhere.
type APIKey struct {
	ID   string `gorm:"primaryKey"`
	Name string
	Role Role
	// Hash is the SHA-256 of the key, in hexadecimal. The key is random and long, so a slow hash would add nothing.
	Hash      string
	CreatedAt Millis `gorm:"autoCreateTime:false"`
	// RevokedAt is nil while the key holds.
	RevokedAt *Millis
}

// TableName implements gorm's Tabler: the default would be api_keys too, but only by its list of initialisms.
func (APIKey) TableName() string { return "api_keys" }
