package substance

//go:generate go run ./internal/gen -drugs ../../../shared/data/drugs.tar.zst -codes ../../../shared/data/codes.tar.zst
