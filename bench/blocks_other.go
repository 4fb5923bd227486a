//go:build !unix

package bench

import "io/fs"

// inUse is the length of a file where blocks cannot be asked for.
func inUse(info fs.FileInfo) int64 { return info.Size() }
