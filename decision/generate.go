package decision

//go:generate go run ./internal/book/write
