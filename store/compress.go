package store

import (
	_ "embed"
	"fmt"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// dictionary is what FHIR JSON is made of, most usual last (a zstd match near
// the end costs less). Bodies name it by dictionaryID; a better one gets the
// next number and this one stays, so that what was written can be read.
//
//go:embed dictionary.txt
var dictionary []byte

const dictionaryID = 1

const maxBody = 256 << 20 // decompressed; a guard against a damaged file

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil,
		zstd.WithEncoderDictRaw(dictionaryID, dictionary),
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)),
		// Without entropy coding a body of 1,360 bytes takes 330 bytes instead of
		// 270 and is read in half the time (1.9 µs instead of 3.9), written in two thirds.
		zstd.WithNoEntropyCompression(true),
		zstd.WithEncoderCRC(false), // SQLite pages and the blob digests are what is checked
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(1<<20),
		zstd.WithSingleSegment(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderDictRaw(dictionaryID, dictionary),
		zstd.WithDecoderConcurrency(0),
		zstd.WithDecoderMaxMemory(maxBody))
	if err != nil {
		panic(err)
	}
	return d
})

func compress(body []byte) []byte {
	return encoder().EncodeAll(body, make([]byte, 0, len(body)/4+64))
}

func decompress(b []byte) ([]byte, error) {
	out, err := decoder().DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("a stored body cannot be read: %w", err)
	}
	return out, nil
}
