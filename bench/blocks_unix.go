//go:build unix

package bench

import (
	"io/fs"
	"syscall"
)

// inUse is the bytes of the blocks that a file occupies.
func inUse(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int64(st.Blocks) * 512
	}
	return info.Size()
}
