package models

// Receipt is what was answered to a request with an Idempotency-Key. It is written in the transaction of the change that
// it answers for.
type Receipt struct {
	// Caller is the name of the API key, "" where the API is open: one caller's keys mean nothing to another.
	Caller string `gorm:"primaryKey"`
	Key    string `gorm:"primaryKey"`
	// Operation is the method and path of the request, and Hash the SHA-256 of its body, in hexadecimal.
	Operation string
	Hash      string
	Status    int
	// Headers are those of the answer that its caller needs, as a JSON object.
	Headers string
	Body    string
	At      Millis
}
