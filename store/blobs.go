package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// PutBlob keeps what r gives under the SHA-256 of it (64 hexadecimal digits)
// and returns when it is durable. The same content is kept once.
func (s *Store) PutBlob(r io.Reader) (digest string, size int64, err error) {
	f, err := os.CreateTemp(s.opt.Blobs, "new-*")
	if err != nil {
		return "", 0, fmt.Errorf("store: %w", err)
	}
	defer os.Remove(f.Name()) // when it has its name, this removes nothing
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(io.MultiWriter(f, h), r); err != nil {
		return "", 0, fmt.Errorf("store: %w", err)
	}
	digest = hex.EncodeToString(h.Sum(nil))
	path := s.blobPath(digest)
	if _, err := os.Stat(path); err == nil {
		return digest, size, nil
	}
	dir := filepath.Dir(path)
	err = errors.Join(f.Sync(), f.Close(), os.MkdirAll(dir, 0o700), os.Rename(f.Name(), path), syncDir(dir), syncDir(s.opt.Blobs))
	if err != nil {
		return "", 0, fmt.Errorf("store: %w", err)
	}
	return digest, size, nil
}

// OpenBlob opens a blob; ErrNotFound when there is none.
func (s *Store) OpenBlob(digest string) (*os.File, error) {
	if !isDigest(digest) {
		return nil, ErrNotFound
	}
	f, err := os.Open(s.blobPath(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return f, err
}

// VerifyBlobs reads every blob and proves its digest; it tells how many are
// right and which are not.
func (s *Store) VerifyBlobs(ctx context.Context) (count int64, bad []string, err error) {
	err = filepath.WalkDir(s.opt.Blobs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isDigest(d.Name()) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err
		}
		if hex.EncodeToString(h.Sum(nil)) != d.Name() {
			bad = append(bad, d.Name())
			return nil
		}
		count++
		return nil
	})
	return count, bad, err
}

func (s *Store) blobPath(digest string) string {
	return filepath.Join(s.opt.Blobs, digest[:2], digest)
}

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && hex.EncodeToString(b) == s
}

// syncDir makes a new name in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
