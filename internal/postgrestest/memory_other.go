//go:build !linux

package postgrestest

func memoryFolder() string { return "" }
