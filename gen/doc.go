// Package gen is what openapi.yaml says, in Go: the types, the Gin server and, in client, the HTTP client of the tests. Nothing here
// but this file is written by hand; change the contract and run `make generate`.
package gen

import _ "embed"

//go:generate go run ../internal/contract/cmd/embed ../openapi.yaml openapi.json
//go:generate go run ../internal/contract/cmd/embed -order ../openapi.yaml ordered.json
//go:generate go run ../internal/contract/cmd/embed -copy ../openapi.yaml openapi.yaml
//go:generate go tool oapi-codegen --config ../oapi-codegen.yaml ordered.json
//go:generate go tool oapi-codegen --config ../oapi-codegen.client.yaml ordered.json
//go:generate go run ../internal/contract/cmd/embed -types ../openapi.yaml types.json
//go:generate go tool oapi-codegen --config ../oapi-codegen.sdk.yaml types.json
//go:generate go run ../internal/contract/cmd/events openapi.json ../sdk/go/events.gen.go
//go:generate go run ../internal/contract/cmd/errors openapi.json ../docs/reference/errors.md

// Contract is openapi.yaml as JSON, its keys in the order in which the file has them.
//
//go:embed openapi.json
var Contract []byte

// ContractYAML is openapi.yaml itself, for download.
//
//go:embed openapi.yaml
var ContractYAML []byte
