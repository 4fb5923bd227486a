package terminology

//go:generate go run ./internal/gen -archive ../../shared/data/codes.tar.zst
