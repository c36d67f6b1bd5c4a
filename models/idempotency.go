package models

// StoredResult is the result of a change that was requested with an Idempotency-Key. It is written in the transaction of the
// change and kept for 24 hours.
type StoredResult struct {
	// Caller is the name of the API key, "" where the API is open. Callers do not share idempotency keys.
	Caller string `gorm:"primaryKey"`
	Key    string `gorm:"primaryKey"`
	// Operation is the method and path of the request. BodyHash is the SHA-256 of its body, in hexadecimal.
	Operation string
	BodyHash  string
	// Result is what the change returned, as JSON.
	Result string
	At     Millis
}
