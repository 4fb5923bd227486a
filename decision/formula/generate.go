package formula

//go:generate go run ./internal/gen -archive ../../../shared/data/growth.tar.zst
