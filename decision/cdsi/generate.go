package cdsi

//go:generate go run ./internal/gen -dir ../../../shared/suites/cdsi/supporting-data -version 4.64-508
